// What the worker should know: what the office did not apply, what somebody else changed, and what is wrong with the tablet.
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'

import type { Attention, Stored } from '../../store/api'
import { useLoaded } from '../load'
import { Button, Name, Note, Screen } from '../parts/parts'
import { Called, Shown } from '../parts/value'
import { go } from '../route'
import { explain, revision, status, store, toast } from '../state'
import { text } from '../values'
import { number, t, tOr, type Values } from '../words'

export function AttentionScreen() {
  const found = useLoaded(() => store.attention())
  return (
    <Screen title={t('attention.title')}>
      {found.error !== '' && <Note tone="bad" alert>{found.error}</Note>}
      {found.value?.length === 0 && <Note tone="good">{t('attention.nothing')}</Note>}
      {found.value?.map((a) => <Item key={a.item} of={a} />)}
    </Screen>
  )
}

function Item({ of }: { of: Attention }) {
  switch (of.kind) {
    case 'overtaken':
    case 'decided': return <Clash of={of} kind={of.kind} />
    case 'clock': return <Clock of={of} />
    case 'storage': return of.code === 'not-persisted' ? <NotKept of={of} /> : <Little of={of} />
    case 'proof': return <Card of={of} title={t('attention.proof')}><p>{t('attention.proof_what')}</p></Card>
    default: return <Refused of={of} />
  }
}

/** A Card is one thing, with what can be done. */
function Card({ of, title, children, actions, dismissable = true }: {
  of: Attention; title: ComponentChildren; children: ComponentChildren; actions?: ComponentChildren; dismissable?: boolean
}) {
  const dismiss = (): void => { void store.dismiss(of.item).catch((error: unknown) => (toast.value = { text: explain(error) })) }
  return (
    <section class="card stack">
      <h2>{title}</h2>
      {children}
      <div class="row wrap">
        {actions}
        {dismissable && <Button look="plain" onClick={dismiss}>{t('attention.dismiss')}</Button>}
      </div>
    </section>
  )
}

/** Refused is a change that the office has and has not applied: why, and what can be done. */
function Refused({ of }: { of: Attention }) {
  const record = useRecord(of)
  const kind = of.kind as 'held' | 'waiting' | 'discarded'
  const because = tOr(`held.${of.code}`, '')
  const more = kind === 'discarded' || of.code === 'invalid' || because === '' // else it says the same, in English
  return (
    <Card of={of} title={<About of={of} />} actions={<Open record={record} />}>
      <p><span class={`tag ${kind === 'discarded' ? 'bad' : 'warn'}`}>{t(`attention.${kind}`)}</span></p>
      <p>{because || t('held.other')}</p>
      {more && of.reason !== '' && <p class="soft">{t('attention.office_says')} <Name>{of.reason}</Name></p>}
      <p>{t(`attention.${kind}_what`)}</p>
    </Card>
  )
}

/** Clash shows both values: the one that was written here, and the one that is shown now, for the time being or for good. */
function Clash({ of, kind }: { of: Attention; kind: 'overtaken' | 'decided' }) {
  const record = useRecord(of)
  return (
    <Card of={of} title={<About of={of} />} actions={<Open record={record} />}>
      <p>{t(`attention.${kind}`, { field: tOr(`fields.${of.collection}.${of.field}`, tOr(`fields.${of.field}`, of.field)) })}</p>
      <dl class="compare">
        <div class="note"><dt class="soft">{t('attention.own')}</dt><dd><strong><Shown field={of.field} value={of.own} /></strong></dd></div>
        <div class="note"><dt class="soft">{t(`attention.${kind === 'decided' ? 'counts' : 'shown'}`)}</dt><dd><strong><Shown field={of.field} value={of.shown} /></strong></dd></div>
      </dl>
      <p>{t(`attention.${kind}_what`)}</p>
    </Card>
  )
}

function Clock({ of }: { of: Attention }) {
  const offset = status.value?.clockOffset ?? 0
  const minutes = Math.max(1, Math.round(Math.abs(offset) / 60_000))
  const much: Values = { count: minutes }
  return (
    <Card of={of} title={t('attention.clock')} dismissable={false}>
      <p>{minutes > 120 ? t(offset > 0 ? 'attention.slow_hours' : 'attention.fast_hours', { count: Math.round(minutes / 60) }) : t(offset > 0 ? 'attention.slow' : 'attention.fast', much)}</p>
      <p>{t('attention.clock_what')}</p>
    </Card>
  )
}

/** NotKept asks the browser to promise that it clears nothing by itself. */
function NotKept({ of }: { of: Attention }) {
  const refused = useSignal(false)
  const ask = async (): Promise<void> => {
    refused.value = !(await navigator.storage.persist())
    revision.value++
  }
  return (
    <Card of={of} title={t('attention.not_kept')} actions={<Button look="main" onClick={() => void ask()}>{t('attention.keep')}</Button>}>
      <p>{t('attention.not_kept_what')}</p>
      {refused.value && <Note tone="warn" alert>{t('attention.keep_refused')}</Note>}
    </Card>
  )
}

function Little({ of }: { of: Attention }) {
  const room = useLoaded(() => navigator.storage.estimate())
  const free = Math.max(0, (room.value?.quota ?? 0) - (room.value?.usage ?? 0))
  return (
    <Card of={of} title={t('attention.little')}>
      {room.value && <p>{t('attention.free', { megabytes: number(Math.round(free / 1e6)) })}</p>}
      <p>{t('attention.little_what')}</p>
    </Card>
  )
}

/** Gives the record that an item is about, if the tablet still has it. */
const useRecord = (of: Attention): Stored | undefined => useLoaded(() => store.get(of.record), of.record).value

const About = ({ of }: { of: Attention }) => <>{tOr(`collection.${of.collection}.one`, of.collection)} <Called id={of.record} /></>

/** Open leads to where a record can be corrected: its household or activity. */
function Open({ record }: { record: Stored | undefined }) {
  const person = text(record, 'person')
  const family = useLoaded(async () => (person === '' ? null : store.get(person)), person)
  if (!record) return null
  const household = record.collection === 'households' ? record.id : text(record, 'household') || text(family.value, 'household')
  const activity = record.collection === 'activities' ? record.id : text(record, 'activity')
  if (activity === '' && household === '') return null
  return <Button onClick={() => go(activity === '' ? 'household/' + household : 'activity/' + activity)}>{t('attention.open')}</Button>
}
