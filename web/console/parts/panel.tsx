// A part of a page with a title, and the question behind it for those who want to ask it themselves.
import type { ComponentChildren } from 'preact'
import { useId, useState } from 'preact/hooks'
import { apiKey } from '../data/gateway.ts'
import { t } from '../i18n/translate.ts'
import { type Asked, leaveForGraphiql, toGraphqlCurl, toRestCurl } from './as-curl.ts'
import { CopyButton } from './copy-button.tsx'
import { Dialog } from './dialog.tsx'
import { Icon } from './icon.tsx'
import './parts.css'

/** What a panel is made of. */
interface PanelProps {
  title: string
  /** What was asked for what it shows; left out where nothing was. */
  asked?: Asked | undefined
  /** Things to press, at the right. */
  actions?: ComponentChildren
  /** Beside the title, small: how old it is. */
  note?: ComponentChildren
  class?: string
  headingLevel?: 2 | 3
  children: ComponentChildren
}

/** A panel. */
export function Panel({ title, asked, actions, note, class: className = '', headingLevel = 2, children }: PanelProps) {
  const titleId = useId()
  const Heading = headingLevel === 2 ? 'h2' : 'h3'
  return (
    <section class={`panel ${className}`} aria-labelledby={titleId}>
      <div class="panel-head">
        <Heading id={titleId}>{title}</Heading>
        {note !== undefined && <div class="panel-note">{note}</div>}
        <div class="panel-actions">
          {actions}
          {asked && <AskedButtons title={title} asked={asked} />}
        </div>
      </div>
      <div class="panel-body">{children}</div>
    </section>
  )
}

function AskedButtons({ title, asked }: { title: string; asked: Asked }) {
  const [shown, setShown] = useState<'graphql' | 'curl'>()
  const close = () => setShown(undefined)
  return (
    <>
      <AskedButton text={t('panel.asGraphql')} title={title} onClick={() => setShown('graphql')} />
      <AskedButton text={t('panel.asCurl')} title={title} onClick={() => setShown('curl')} />
      <Dialog title={`${title} · ${t('panel.asGraphql')}`} isOpen={shown === 'graphql'} onClose={close}>
        <AsGraphql asked={asked} />
      </Dialog>
      <Dialog title={`${title} · ${t('panel.asCurl')}`} isOpen={shown === 'curl'} onClose={close}>
        <AsCurl asked={asked} />
      </Dialog>
    </>
  )
}

function AskedButton({ text, title, onClick }: { text: string; title: string; onClick: () => void }) {
  return (
    <button
      type="button"
      class="button button-quiet"
      aria-haspopup="dialog"
      aria-label={`${text}: ${title}`}
      onClick={onClick}
    >
      {text}
    </button>
  )
}

function AsGraphql({ asked }: { asked: Asked }) {
  return (
    <>
      <Code name={t('panel.operation')} text={asked.operation.text} />
      <Code name={t('panel.variables')} text={JSON.stringify(asked.variables, null, 2)} />
      {/* A tab with a name begins with the session of this one: the key that was typed in here is known there. */}
      <a class="button" href="/graphiql/" target="weir-graphiql" onClick={() => leaveForGraphiql(asked, localStorage)}>
        <Icon name="external" />
        {t('panel.openGraphiql')}
      </a>
    </>
  )
}

function AsCurl({ asked }: { asked: Asked }) {
  const hasKey = apiKey.value !== ''
  const rest = toRestCurl(asked, location.origin, hasKey)
  return (
    <>
      {hasKey && <p class="muted">{t('panel.keyInCurl')}</p>}
      {rest !== undefined && <Code name={asked.events === true ? t('panel.restEvents') : 'REST'} text={rest} />}
      <Code name="GraphQL" text={toGraphqlCurl(asked, location.origin, hasKey)} />
    </>
  )
}

function Code({ name, text }: { name: string; text: string }) {
  return (
    <div class="code">
      <div class="code-head">
        <h3>{name}</h3>
        <CopyButton text={text} label={name} />
      </div>
      {/* What can be scrolled can be reached by the keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: for that */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </div>
  )
}
