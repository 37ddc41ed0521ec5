// The data of the four answers, as objects that resolvers find at hand.
import { readAnswer } from './options.mjs'

const dataOf = (shape) => JSON.parse(readAnswer(shape)).data

/** One stream with all that is asked of any; whichever key is asked for, it is this one. */
export const stream = {
  // Response caches ask for it unasked.
  id: 'stream',
  ...dataOf('q1').stream,
  playSamples: dataOf('q3').stream.playSamples,
  pushSamples: dataOf('q4').stream.pushSamples,
}

/** One account, whichever is asked for. */
export const account = dataOf('q2').account
for (const node of account.liveStreams.nodes) node.id = node.key
