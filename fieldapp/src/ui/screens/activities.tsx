// The activities that the tablet knows: what is today or to come, and what was.
import type { Stored } from '../../store/api'
import { useLoaded } from '../load'
import { Button, Loading, Name, Note, Screen, Where } from '../parts/parts'
import { go } from '../route'
import { store } from '../state'
import { text } from '../values'
import { date, dayOf, t, tOr } from '../words'

export function Activities() {
  const all = useLoaded(() => store.list('activities', ''))
  const today = dayOf(Date.now())
  const coming = (all.value ?? []).filter((a) => lastDay(a) >= today || lastDay(a) === '').sort(by(1))
  const past = (all.value ?? []).filter((a) => lastDay(a) < today && lastDay(a) !== '').sort(by(-1))
  return (
    <Screen title={t('activities.title')} next={<Button look="main" icon="plus" onClick={() => go('activity/new')}>{t('activities.new')}</Button>}>
      {all.error !== '' && <Note tone="bad" alert>{all.error}</Note>}
      {!all.value && all.error === '' && <Loading />}
      {all.value && <List title={t('activities.coming')} activities={coming} nothing={t('activities.none')} />}
      {past.length > 0 && <List title={t('activities.past')} activities={past} nothing="" />}
    </Screen>
  )
}

const lastDay = (a: Stored): string => text(a, 'ends_on') || text(a, 'starts_on')

const by = (direction: 1 | -1) => (a: Stored, b: Stored): number =>
  direction * (text(a, 'starts_on') < text(b, 'starts_on') ? -1 : 1)

function List({ title, activities, nothing }: { title: string; activities: Stored[]; nothing: string }) {
  return (
    <section class="stack">
      <h2>{title}</h2>
      {activities.length === 0 && <p class="soft">{nothing}</p>}
      <div class="tiles">{activities.map((a) => (
        <button type="button" key={a.id} class="card" onClick={() => go('activity/' + a.id)}>
          <strong><Name>{text(a, 'title')}</Name></strong>
          <div class="soft">{tOr('choice.' + text(a, 'kind'), text(a, 'kind'))} · {days(a)}</div>
          {a.where !== 'received' && <div><Where record={a} /></div>}
        </button>
      ))}</div>
    </section>
  )
}

/** Says on which days an activity is. */
export function days(a: Stored): string {
  const [from, to] = [text(a, 'starts_on'), text(a, 'ends_on')]
  if (from === '') return t('activities.no_day')
  return to === '' || to === from ? date(from) : t('activities.days', { from: date(from), to: date(to) })
}
