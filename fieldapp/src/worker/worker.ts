/// <reference lib="webworker" />
// The worker that holds the store: all that is slow or waits runs here, so that the screens never do.
import type { Told } from '../store/api'
import type { Answer, Call } from '../store/client'
import { Local } from '../store/local'
import { answer } from './serve'
import { Tabs } from './tabs'
import { browserWorld } from './world'

const send = (message: Answer, over: Transferable[] = []): void => (self as unknown as Worker).postMessage(message, over)

const store: Local = new Local(browserWorld(), (told: Told) => send({ told }), () => tabs.ask())
const tabs = new Tabs(() => store.take(), () => store.release())
const begun = tabs.begin()

self.onmessage = async (event: MessageEvent<Call>) => {
  await begun
  await answer(store, event.data, send)
}
