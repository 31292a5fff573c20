// The screen before a store that is there: who are you, and your PIN.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import { Languages } from '../parts/languages'
import { Button, Name, Note, Screen } from '../parts/parts'
import { Pin } from '../parts/pin'
import { door, explain, look, store } from '../state'
import { t } from '../words'

export function Lock() {
  const keys = door.value?.keys ?? []
  const who = useSignal(keys.length === 1 ? (keys[0]?.worker ?? '') : '')
  const pin = useSignal('')
  const fault = useSignal<unknown>(null)
  const busy = useSignal(false)
  const now = useNow()
  const wait = (keys.find((k) => k.worker === who.value)?.waitUntil ?? 0) - now

  const unlock = async (): Promise<void> => {
    busy.value = true
    try {
      await store.unlock(who.value, pin.value)
      fault.value = null
    } catch (error) {
      fault.value = error
    }
    pin.value = ''
    busy.value = false
    await look()
  }

  return (
    <Screen home title={t('lock.title')}>
      {who.value === '' ? (
        <div class="stack">
          <h2>{t('lock.who')}</h2>
          <div class="people">
            {keys.map((k) => <Button key={k.worker} icon="person" onClick={() => (who.value = k.worker)}><Name>{k.initials}</Name></Button>)}
          </div>
        </div>
      ) : (
        <div class="stack">
          <h2>{t('lock.pin')} · <Name>{keys.find((k) => k.worker === who.value)?.initials}</Name></h2>
          {fault.value !== null && <Note tone="bad" alert>{explain(fault.value)}</Note>}
          {wait > 0 ? <Note tone="warn">{t('lock.wait', { count: Math.ceil(wait / 1000) })}</Note>
            : busy.value ? <p role="status">{t('lock.busy')}</p>
              : <Pin label={t('lock.pin')} pin={pin} onDone={() => void unlock()} />}
          {keys.length > 1 && <Button look="plain" onClick={() => { who.value = ''; pin.value = ''; fault.value = null }}>{t('lock.other')}</Button>}
        </div>
      )}
      <p class="soft">{t('lock.forgotten')}</p>
      <Languages />
    </Screen>
  )
}

/** Gives the time by the tablet's clock, once a second. */
function useNow(): number {
  const now = useSignal(Date.now())
  useEffect(() => {
    const id = setInterval(() => (now.value = Date.now()), 1000)
    return () => clearInterval(id)
  }, [])
  return now.value
}
