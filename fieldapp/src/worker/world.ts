/// <reference lib="webworker" />
import type { World } from '../store/local'
import { fullCost } from '../store/vault'
import { officeOf } from '../sync/office'
import { Disk } from './opfs'

/** What the server shows to the office. */
const program = 'satchel-fieldapp'

/** The world as a browser's worker has it. */
export function browserWorld(): World {
  const disk = new Disk()
  let free = 0
  const world: World = {
    cost: fullCost,
    now: () => Date.now(),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    fetch: (path, request) => fetch(new URL(path, self.location.origin), request),
    sleep,
    office: officeOf({ program, freeBytes: () => free, step: 0 }),
    open: (name) => disk.open(name),
    room: async () => {
      const { quota = 0, usage = 0 } = await navigator.storage.estimate()
      free = quota - usage
      return { free, persisted: await navigator.storage.persisted() }
    },
  }
  void world.room()
  return world
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((ended, failed) => {
    const stop = () => {
      clearTimeout(timer)
      failed(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      ended()
    }, ms)
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}
