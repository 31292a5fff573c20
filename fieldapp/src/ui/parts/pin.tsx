// A PIN, entered on keys that are large enough for a thumb in the cold.
import type { Signal } from '@preact/signals'
import { useLayoutEffect } from 'preact/hooks'

import { t } from '../words'
import { Icon } from './icons'

/** Pin shows how many digits were entered, and never which. Keys of a keyboard work too, however fast. */
export function Pin({ pin, onDone, label }: { pin: Signal<string>; onDone: () => void; label: string }) {
  useLayoutEffect(() => { // before anybody sees the keys: what is pressed at once counts too
    const press = (e: KeyboardEvent): void => {
      if (/^[0-9]$/.test(e.key)) pin.value += e.key
      else if (e.key === 'Backspace') pin.value = pin.value.slice(0, -1)
      else if (e.key === 'Enter' && !(e.target instanceof HTMLButtonElement)) onDone()
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  })
  const value = pin.value
  return (
    <div class="stack" role="group" aria-label={label}>
      <p class="number" style="text-align:center;font-size:1.75rem;min-height:2.5rem;letter-spacing:.3em" aria-hidden="true">{'●'.repeat(value.length)}</p>
      <p class="hidden-text" role="status">{t('pin.entered', { count: value.length })}</p>
      <div class="numpad">
        {'123456789'.split('').map((d) => <button type="button" key={d} class="button number" onClick={() => (pin.value += d)}>{d}</button>)}
        <button type="button" class="button plain" aria-label={t('pin.delete')} onClick={() => (pin.value = pin.value.slice(0, -1))}><Icon name="erase" /></button>
        <button type="button" class="button number" onClick={() => (pin.value += '0')}>0</button>
        <button type="button" class="button main" aria-label={t('pin.done')} onClick={onDone}><Icon name="check" /></button>
      </div>
    </div>
  )
}
