// Reads from the store while a screen is shown, and again whenever something changed.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

import { explain, revision } from './state'

/** Loaded is what was read, or why it was not; neither while it is read for the first time. */
export interface Loaded<T> { value: T | undefined; error: string }

/** Reads what read gives, for as long as the screen shows what the keys name. What is shown stays until the next answer. One
 * reads at a time, and what nobody wants any more when its turn comes is not read: the store answers one after the other. */
export function useLoaded<T>(read: () => Promise<T>, ...keys: unknown[]): Loaded<T> {
  const loaded = useSignal<Loaded<T>>({ value: undefined, error: '' })
  const before = useRef(Promise.resolve())
  const now = revision.value
  useEffect(() => {
    let wanted = true
    before.current = before.current.then(async () => {
      if (!wanted) return
      try {
        const value = await read()
        if (wanted) loaded.value = { value, error: '' }
      } catch (error) {
        if (wanted) loaded.value = { value: loaded.value.value, error: explain(error) }
      }
    })
    return () => { wanted = false }
  }, [now, ...keys])
  return loaded.value
}
