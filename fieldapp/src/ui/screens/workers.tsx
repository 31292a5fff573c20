// Who may open this tablet: each of its workers with a PIN of their own, which any other of them can set anew.
import { useSignal } from '@preact/signals'

import type { Worker } from '../../store/api'
import { useLoaded } from '../load'
import { NewPin } from '../parts/newpin'
import { Button, Name, Note, Screen } from '../parts/parts'
import { Pin } from '../parts/pin'
import { door, explain, look, store } from '../state'
import { t } from '../words'

export function Workers() {
  const workers = useLoaded(() => store.workers())
  const setting = useSignal<Worker | null>(null)
  const done = useSignal('')
  const fault = useSignal('')
  const mine = door.value?.worker?.id
  const set = async (worker: Worker, pin: string, old: string): Promise<void> => {
    try {
      await (worker.id === mine ? store.changePIN(old, pin) : store.addKey(worker.id, pin))
      done.value = worker.name
      fault.value = ''
      await look()
    } catch (error) {
      fault.value = explain(error)
    }
    setting.value = null
  }
  const begin = (worker: Worker): void => { done.value = fault.value = ''; setting.value = worker }
  return (
    <Screen title={t('workers.title')}>
      {fault.value !== '' && <Note tone="bad" alert>{fault.value}</Note>}
      {done.value !== '' && <Note tone="good" alert>{t('workers.done')} <Name>{done.value}</Name></Note>}
      {workers.error !== '' && <Note tone="bad" alert>{workers.error}</Note>}
      {setting.value ? <SetPin worker={setting.value} mine={setting.value.id === mine} onSet={set} onCancel={() => (setting.value = null)} /> : (
        <>
          <p>{t('workers.what')}</p>
          {workers.value?.map((w) => <Row key={w.id} worker={w} mine={w.id === mine} onSet={() => begin(w)} />)}
          <p class="soft">{t('workers.missing')}</p>
        </>
      )}
    </Screen>
  )
}

function Row({ worker, mine, onSet }: { worker: Worker; mine: boolean; onSet: () => void }) {
  const has = door.value?.keys.some((k) => k.worker === worker.id) === true
  return (
    <section class="card stack">
      <h2><Name>{worker.name}</Name></h2>
      <p class="soft">{t(mine ? 'workers.you' : has ? 'workers.has' : 'workers.has_not')}</p>
      <Button onClick={onSet}>{t(mine ? 'workers.change' : has ? 'workers.anew' : 'workers.add')}</Button>
    </section>
  )
}

/** SetPin asks for the worker's old PIN where it is their own, and for the new one twice. */
function SetPin({ worker, mine, onSet, onCancel }: {
  worker: Worker; mine: boolean; onSet: (worker: Worker, pin: string, old: string) => Promise<void>; onCancel: () => void
}) {
  const old = useSignal('')
  const entered = useSignal(!mine)
  const busy = useSignal(false)
  const chosen = (pin: string): void => { busy.value = true; void onSet(worker, pin, old.value) }
  if (busy.value) return <p role="status">{t('workers.busy')}</p>
  return (
    <div class="stack">
      {!mine && <Note><p>{t('workers.hand_over')} <strong><Name>{worker.name}</Name></strong></p></Note>}
      {entered.value ? <NewPin onChosen={chosen} /> : (
        <>
          <h2>{t('workers.old')}</h2>
          <Pin label={t('workers.old')} pin={old} onDone={() => (entered.value = true)} />
        </>
      )}
      <Button look="plain" onClick={onCancel}>{t('app.cancel')}</Button>
    </div>
  )
}
