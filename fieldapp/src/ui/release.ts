// Which release of the app is on the tablet. A newer one is fetched beside it, and takes over only when the worker says so
// or nothing is open: what is being filled in is never interrupted.
import { signal } from '@preact/signals'

/** Set when a newer release waits on the tablet. */
export const newer = signal<ServiceWorker | null>(null)
/** Whether the app is on the tablet as a whole, so that it opens without a connection. */
export const kept = signal(false)

/** Keeps the app on the tablet, and looks for a newer release. */
export async function keepRelease(): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  const registration = await navigator.serviceWorker.register('sw.js', { scope: './', updateViaCache: 'none' })
  void navigator.serviceWorker.ready.then(({ active }) => {
    kept.value = true
    active?.postMessage('all languages')
  })
  void navigator.storage.persist?.()
  if (registration.waiting && navigator.serviceWorker.controller) newer.value = registration.waiting
  registration.addEventListener('updatefound', () => {
    const coming = registration.installing
    coming?.addEventListener('statechange', () => {
      if (coming.state === 'installed' && navigator.serviceWorker.controller) newer.value = coming
    })
  })
}

/** Goes over to the newer release, and opens the app anew. What was filled in is a draft and comes back. */
export function takeNewer(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  newer.value?.postMessage('take over')
}
