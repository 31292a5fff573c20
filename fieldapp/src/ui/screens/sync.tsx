// The exchange with the office: how far it has come, what it came to, and whether the tablet may leave.
import { useSignal } from '@preact/signals'

import type { Progress, Status } from '../../store/api'
import { Icon } from '../parts/icons'
import { Button, Note, Screen, TextField } from '../parts/parts'
import { go } from '../route'
import { door, explain, outcome, progress, status, stopSync, store, sync, type Outcome } from '../state'
import { bytes, moment, t } from '../words'

export function SyncScreen() {
  const going = progress.value
  const s = status.value
  if (door.value?.practice) return <Screen title={t('sync.title')}><Note tone="warn">{t('sync.practice')}</Note></Screen>
  const next = going ? <Button onClick={stopSync}>{t('sync.stop')}</Button>
    : <Button look={outcome.value?.code === 'enrol-again' ? '' : 'main'} icon="sync" onClick={() => void sync()}>{t(outcome.value && !outcome.value.complete ? 'sync.go_on' : 'sync.send')}</Button>
  return (
    <Screen title={t('sync.title')} next={next}>
      {going && <Going going={going} />}
      {!going && s && <Ended status={s} />}
      {s?.revoked && <Note tone="warn">{t('sync.revoked')}</Note>}
      {s && <Contact status={s} />}
    </Screen>
  )
}

/** Going counts what really went over the link. */
function Going({ going }: { going: Progress }) {
  return (
    <section class="stack" aria-label={t('sync.going')}>
      <h2>{t('sync.going')}</h2>
      {going.wait > 0 && <Note tone="warn">{t('sync.wait', { count: going.wait })}</Note>}
      <Meter label={t('sync.changes')} done={going.changes} all={going.changesToSend} nothing={t('sync.nothing_to_send')} />
      <Meter label={t('sync.proofs')} done={going.proofs} all={going.proofsToSend} nothing={t('sync.nothing_to_send')} />
      <Meter label={t('sync.records')} done={going.records} all={going.recordsToFetch} nothing={t(going.exchanges === 0 ? 'sync.asking' : 'sync.nothing_to_fetch')} />
      <p class="soft">{t('sync.bytes', { up: bytes(going.bytesUp), down: bytes(going.bytesDown) })}</p>
      <p class="soft">{t('sync.may_break')}</p>
    </section>
  )
}

function Meter({ label, done, all, nothing }: { label: string; done: number; all: number; nothing: string }) {
  const most = Math.max(done, all)
  return (
    <div>
      <div class="row wrap"><strong class="grow">{label}</strong><span class="number">{most === 0 ? nothing : t('sync.of', { done, all: most })}</span></div>
      {most > 0 && <progress class="meter" aria-label={label} value={done} max={most} />}
    </div>
  )
}

/** Says why an exchange ended early. */
const said = (last: Outcome): string => (last.code === 'stopped' ? t('sync.stopped') : explain(last.failure))

/** Ended says whether the tablet may leave, and if not, what is missing. */
function Ended({ status: s }: { status: Status }) {
  const last = outcome.value
  if (last?.code === 'enrol-again') return <EnrolAgain why={said(last)} />
  const safe = s.safe && (last === null || last.complete)
  return (
    <>
      {last !== null && last.code !== '' && <Note tone="warn" alert>{said(last)}</Note>}
      {safe ? <Safe /> : <Missing status={s} />}
      {s.held > 0 && <Note tone="warn"><p>{t('sync.held', { count: s.held })}</p><Button onClick={() => go('attention')}>{t('sync.see')}</Button></Note>}
    </>
  )
}

function Safe() {
  return (
    <div class="safe" role="status">
      <Icon name="check" />
      <h2>{t('sync.safe')}</h2>
      <p>{t('sync.safe_what')}</p>
    </div>
  )
}

function Missing({ status: s }: { status: Status }) {
  const fetched = s.unsent + s.unsentProofs === 0
  return (
    <Note tone="warn">
      <div class="stack" role="status">
        <h2>{t('sync.not_yet')}</h2>
        <ul class="stack">
          {s.unsent > 0 && <li>{t('sync.unsent', { count: s.unsent })}</li>}
          {s.unsentProofs > 0 && <li>{t('sync.unsent_proofs', { count: s.unsentProofs })}</li>}
          {fetched && <li>{t('sync.not_complete')}</li>}
        </ul>
        <p>{t('sync.not_yet_what')}</p>
      </div>
    </Note>
  )
}

function Contact({ status: s }: { status: Status }) {
  const when = (at: number): string => (at === 0 ? t('sync.never') : moment(at - s.clockOffset))
  return (
    <dl class="facts">
      <dt>{t('sync.contact')}</dt><dd>{when(s.contact)}</dd>
      <dt>{t('sync.complete')}</dt><dd>{when(s.complete)}</dd>
      <dt>{t('sync.tablet')}</dt><dd><bdi>{s.name}</bdi></dd>
    </dl>
  )
}

/** EnrolAgain takes a new code, where the office does not know the tablet any more. */
function EnrolAgain({ why }: { why: string }) {
  const code = useSignal('')
  const fault = useSignal('')
  const busy = useSignal(false)
  const enrol = async (): Promise<void> => {
    busy.value = true
    try {
      await store.enrolAgain(code.value.trim())
      outcome.value = null
      void sync()
    } catch (failure) {
      fault.value = explain(failure)
    }
    busy.value = false
  }
  return (
    <form class="stack" onSubmit={(e) => { e.preventDefault(); if (code.value.trim() !== '' && !busy.value) void enrol() }}>
      <Note tone="warn" alert>{why}</Note>
      <TextField label={t('welcome.code')} autocapitalize="characters" value={code.value} fault={fault.value} onInput={(v) => (code.value = v)} />
      <Button look="main" type="submit" why={code.value.trim() === '' ? t('welcome.code_first') : ''}>{t('sync.enrol')}</Button>
    </form>
  )
}
