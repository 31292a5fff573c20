// The first screen of a tablet: the office's code, and a PIN.
import { useSignal } from '@preact/signals'

import { Languages } from '../parts/languages'
import { NewPin } from '../parts/newpin'
import { Button, Note, Screen, TextField } from '../parts/parts'
import { takeCode } from '../route'
import { explain, look, practise, store, sync } from '../state'
import { t } from '../words'

/** Taken once, when the app opens from the office's QR code. */
const fromLink = takeCode()

type Step = 'code' | 'pin' | 'busy'

export function Welcome() {
  const step = useSignal<Step>(fromLink === '' ? 'code' : 'pin')
  const code = useSignal(fromLink)
  const fault = useSignal<unknown>(null)

  const enrol = async (pin: string): Promise<void> => {
    step.value = 'busy'
    try {
      await store.enrol(code.value.trim(), pin)
      await look()
      void sync()
    } catch (error) {
      fault.value = error
      step.value = 'code'
    }
  }
  const begin = (): void => { void practise().then(look, (error: unknown) => (fault.value = error)) }

  return (
    <Screen home title={t('welcome.title')}>
      {fault.value !== null && <Note tone="bad" alert>{explain(fault.value)}</Note>}
      {step.value === 'code' && (
        <form class="stack" onSubmit={(e) => { e.preventDefault(); fault.value = null; step.value = 'pin' }}>
          <p>{t('welcome.what')}</p>
          <TextField label={t('welcome.code')} hint={t('welcome.code_hint')} value={code.value} autocapitalize="characters" onInput={(v) => (code.value = v)} />
          <Button look="main" type="submit" why={code.value.trim() === '' ? t('welcome.code_first') : ''}>{t('app.next')}</Button>
          <Button onClick={begin}>{t('welcome.practise')}</Button>
          <Languages />
        </form>
      )}
      {step.value === 'pin' && <NewPin onChosen={(pin) => void enrol(pin)} />}
      {step.value === 'busy' && <p role="status">{t('welcome.busy')}</p>}
    </Screen>
  )
}
