// Choosing a PIN: it is entered twice, so that a slip of the thumb locks nobody out.
import { useSignal } from '@preact/signals'

import { t } from '../words'
import { Note } from './parts'
import { Pin } from './pin'

/** The fewest digits that a PIN has. */
const minPin = 6

/** NewPin gives the PIN once it was entered twice. */
export function NewPin({ onChosen }: { onChosen: (pin: string) => void }) {
  const pin = useSignal('')
  const again = useSignal('')
  const step = useSignal<'choose' | 'again'>('choose')
  const fault = useSignal('')
  const chosen = (): void => {
    fault.value = pin.value.length < minPin ? t('pin.short', { count: minPin }) : ''
    if (fault.value === '') step.value = 'again'
  }
  const repeated = (): void => {
    if (again.value === pin.value) return onChosen(pin.value)
    fault.value = t('pin.differ')
    pin.value = again.value = ''
    step.value = 'choose'
  }
  return (
    <div class="stack" key={step.value}>
      <h2>{t(`pin.${step.value}`)}</h2>
      {fault.value !== '' && <Note tone="bad" alert>{fault.value}</Note>}
      {step.value === 'choose' ? (
        <>
          <p>{t('pin.why', { count: minPin })}</p>
          <Pin key="choose" label={t('pin.choose')} pin={pin} onDone={chosen} />
        </>
      ) : <Pin key="again" label={t('pin.again')} pin={again} onDone={repeated} />}
    </div>
  )
}
