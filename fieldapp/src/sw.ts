/// <reference lib="webworker" />
// The service worker: it keeps one whole release of the app on the tablet, and serves the app from it whether or not
// there is a connection. A newer release is fetched beside it and waits until the app says that nothing is under way;
// the files of two releases are never mixed, even where the office is upgraded while a tablet fetches one of them.
import { wantedLanguage } from './ui/languages'

/** Every file of this release, and what its content has to be, as `integrity` of a fetch says that. */
declare const FILES: Record<string, string>
/** The file of each language's texts. */
declare const WORDS: Record<string, string>
declare const RELEASE: string

const me = self as unknown as ServiceWorkerGlobalScope
const prefix = 'satchel-app-'
const current = prefix + RELEASE

me.addEventListener('install', (event) => event.waitUntil(fetchAll()))
me.addEventListener('activate', (event) => event.waitUntil(dropOthers()))
me.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  const ours = url.origin === me.location.origin && url.pathname.startsWith(new URL(me.registration.scope).pathname)
  if (ours && event.request.method === 'GET') event.respondWith(answer(event.request))
})
me.addEventListener('message', (event) => {
  if (event.data === 'take over') void me.skipWaiting()
  if (event.data === 'all languages') event.waitUntil(keep(Object.values(WORDS)).catch(() => undefined)) // the next time, then
})

/** Fetches what the app needs, with the texts of the worker's language. */
async function fetchAll(): Promise<void> {
  const wanted = WORDS[await wantedLanguage()]
  const others = Object.values(WORDS).filter((path) => path !== wanted)
  await keep(Object.keys(FILES).filter((path) => !others.includes(path)))
}

/** Keeps files of this release. It takes what the last one had and did not change, so that an update costs what is new in it. */
async function keep(paths: string[]): Promise<void> {
  const cache = await caches.open(current)
  await Promise.all(paths.map(async (path) => {
    const kept = path.startsWith('assets/') ? await caches.match(path) : undefined
    const response = kept ?? (await fetch(path, { cache: 'no-cache', integrity: FILES[path] ?? '' }))
    if (!response.ok) throw new Error(`${path} cannot be fetched (${response.status}); the app stays as it is`)
    await cache.put(path, response)
  }))
}

async function dropOthers(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith(prefix) && name !== current) await caches.delete(name)
  }
  await me.clients.claim()
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(current)
  const page = request.mode === 'navigate' ? 'index.html' : request
  return (await cache.match(page, { ignoreSearch: true })) ?? fetch(request)
}
