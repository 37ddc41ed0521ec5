import { ask, subscribe } from './weir.js'

const LIVE_STREAMS = `query {
  liveStreams(first: 50) {
    nodes { key account { name } live { onlineViewers } }
    failures { account code message }
  }
}`
const SNAPSHOTS = 'subscription ($account: String!) { snapshot(account: $account) { stream { key } takenAt url } }'

const url = new URLSearchParams(location.search).get('weir') ?? 'http://127.0.0.1:4000'
const form = document.querySelector('form')
const status = document.querySelector('[role=status]')
const rows = document.querySelector('tbody')
const news = document.querySelector('ul')
let stop = () => {}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const weir = { url, key: form.elements.key.value }
  status.textContent = 'Asking'
  stop()
  try {
    const { data, errors } = await ask(weir, LIVE_STREAMS)
    const { nodes = [], failures = [] } = data.liveStreams ?? {}
    rows.replaceChildren(...nodes.map(toRow))
    const troubles = [...failures.map(({ account, code }) => `${account}: ${code}`), ...errors.map(({ code }) => code)]
    status.textContent = [`${nodes.length} streams`, ...troubles].join('; ')
    const account = nodes[0]?.account.name
    if (account) stop = watch(weir, account)
  } catch (error) {
    status.textContent = error.message
  }
})

// Texts of a gateway are texts: nothing of them becomes markup.
function toRow({ key, account, live }) {
  const row = document.createElement('tr')
  for (const text of [account.name, key, live?.onlineViewers ?? '–']) row.insertCell().textContent = text
  return row
}

function watch(weir, account) {
  return subscribe(
    weir,
    SNAPSHOTS,
    { account },
    {
      onNext: ({ data }) => {
        if (!data?.snapshot) return
        const item = document.createElement('li')
        item.textContent = `${data.snapshot.takenAt} ${data.snapshot.stream.key}`
        news.prepend(item)
      },
      onEnd: (reason) => {
        if (reason !== 'stopped') status.textContent = reason
      },
    },
  )
}
