// The screens of a tablet on which there is nothing to open here.
import { Button, Note, Screen } from '../parts/parts'
import { look, store } from '../state'
import { t } from '../words'
import { Welcome } from './welcome'
import { useSignal } from '@preact/signals'

/** Elsewhere is shown while another tab has the store open. */
export function Elsewhere() {
  return (
    <Screen home title={t('away.elsewhere')} next={<Button look="main" onClick={() => void store.takeOver().then(look)}>{t('away.here')}</Button>}>
      <Note>{t('away.elsewhere_what')}</Note>
    </Screen>
  )
}

/** Wiped is shown once the tablet was taken out of the programme. */
export function Wiped() {
  const anew = useSignal(false)
  if (anew.value) return <Welcome />
  return (
    <Screen home title={t('away.wiped')} next={<Button look="main" onClick={() => (anew.value = true)}>{t('away.enrol')}</Button>}>
      <Note tone="good">{t('away.wiped_what')}</Note>
    </Screen>
  )
}
