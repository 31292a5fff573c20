// Locks the open app by itself, so that a tablet left on a table shows nobody what is on it.
import { useEffect } from 'preact/hooks'

import { look, progress, store } from './state'

/** How long nobody has to touch the tablet, in ms. */
const patience = 5 * 60 * 1000
const check = 5_000

/** Locks the app once nobody has touched it for five minutes, asleep or not. While a sync runs it stays open, as somebody
 * waits for it. What is being filled in is a draft by then. */
export function useIdleLock(): void {
  useEffect(() => {
    let last = Date.now()
    const touched = (): void => { if (Date.now() - last < patience) last = Date.now() }
    const perhaps = (): void => {
      if (progress.value !== null) last = Date.now()
      if (Date.now() - last >= patience) void store.lock().then(look, () => undefined)
    }
    const timer = setInterval(perhaps, check)
    const touches = ['pointerdown', 'keydown', 'scroll'] as const
    for (const touch of touches) window.addEventListener(touch, touched, { capture: true, passive: true })
    document.addEventListener('visibilitychange', perhaps)
    return () => {
      clearInterval(timer)
      for (const touch of touches) window.removeEventListener(touch, touched, { capture: true })
      document.removeEventListener('visibilitychange', perhaps)
    }
  }, [])
}
