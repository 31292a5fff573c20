// The first screen of a day: one search box, what is planned or due, and what was begun.
import { useSignal } from '@preact/signals'

import type { Stored } from '../../store/api'
import { useLoaded } from '../load'
import { Icon } from '../parts/icons'
import { Button, IconButton, Name, Note, Screen, TextField, Where } from '../parts/parts'
import { Called } from '../parts/value'
import { newer, takeNewer } from '../release'
import { go } from '../route'
import { door, look, store } from '../state'
import { content, text } from '../values'
import { date, dayOf, t } from '../words'

const shown = 40

export function Home() {
  const asked = useSignal('')
  const found = useLoaded(async () => (asked.value.trim() === '' ? null : store.search(asked.value, shown)), asked.value)
  return (
    <Screen home title={<><span class="hidden-text">Satchel </span><Name>{door.value?.worker?.name}</Name></>}
      actions={<><IconButton icon="menu" label={t('home.menu')} onClick={() => go('menu')} /><IconButton icon="lock" label={t('home.lock')} onClick={() => void store.lock().then(look)} /></>}
      next={<><Button icon="plus" onClick={() => go('register')}>{t('home.register')}</Button><Button icon="person" onClick={() => go('activities')}>{t('home.activities')}</Button></>}>
      <div role="search">
        <TextField type="search" label={t('home.search')} hint={t('home.search_hint')} value={asked.value} onInput={(typed) => (asked.value = typed)} />
      </div>
      {found.error !== '' && <Note tone="bad" alert>{found.error}</Note>}
      {found.value ? <Found records={found.value} /> : <Begin />}
    </Screen>
  )
}

function Found({ records }: { records: Stored[] }) {
  return (
    <section class="stack" aria-label={t('home.found')}>
      <p role="status" class="soft">{records.length === shown ? t('home.many', { count: shown }) : t('home.count', { count: records.length })}</p>
      <div class="tiles">{records.map((r) => <Hit key={r.id} record={r} />)}</div>
    </section>
  )
}

/** A Hit is a household, or a person with theirs. */
function Hit({ record }: { record: Stored }) {
  const household = record.collection === 'households'
  const open = household ? record.id : String(content(record, 'household') ?? '')
  return (
    <button type="button" class="card" onClick={() => go('household/' + open)}>
      <strong><Name>{text(record, household ? 'head_name' : 'name')}</Name></strong>
      <span class="soft block"><Name>{household ? [text(record, 'card_number'), text(record, 'address')].filter(Boolean).join(' · ') : t('home.member')}</Name></span>
      {record.where !== 'received' && <div><Where record={record} /></div>}
    </button>
  )
}

/** Begin is what there is to do while nobody searches. */
function Begin() {
  const today = useLoaded(() => store.today(dayOf(Date.now()), shown))
  const drafts = useLoaded(() => store.drafts())
  const attention = useLoaded(() => store.attention())
  return (
    <>
      {newer.value && <Note><div class="row"><span class="grow">{t('home.newer')}</span><Button onClick={takeNewer}>{t('home.take_newer')}</Button></div></Note>}
      {attention.value && attention.value.length > 0 && (
        <button type="button" class="card note bad" onClick={() => go('attention')}>
          <span class="row"><Icon name="warn" /><strong class="grow">{t('home.attention', { count: attention.value.length })}</strong></span>
        </button>
      )}
      {drafts.value && drafts.value.length > 0 && (
        <section class="stack">
          <h2>{t('home.drafts')}</h2>
          {drafts.value.map((d) => (
            <button type="button" key={d.id} class="card" onClick={() => go(`${d.screen}/${d.record || 'new'}/${d.id}`)}>
              <strong>{t(`draft.${d.screen as 'register'}`)} <Called id={d.record} /></strong> <span class="tag warn">{t('where.draft')}</span>
            </button>
          ))}
        </section>
      )}
      <section class="stack">
        <h2>{t('home.today')}</h2>
        {today.error !== '' && <Note tone="bad" alert>{today.error}</Note>}
        {today.value?.length === 0 && <p class="soft">{t('home.nothing')}</p>}
        <div class="tiles">{today.value?.map(({ household, visitOn, due }) => (
          <button type="button" key={household.id} class="card" onClick={() => go('household/' + household.id)}>
            <strong><Name>{text(household, 'head_name')}</Name></strong> <span class="soft block"><Name>{text(household, 'address')}</Name></span>
            <div class="tags">
              {visitOn !== '' && <span class="tag">{t('home.visit_on', { day: date(visitOn) })}</span>}
              {due.length > 0 && <span class="tag good">{t('home.due', { count: due.length })}</span>}
            </div>
          </button>
        ))}</div>
      </section>
    </>
  )
}

