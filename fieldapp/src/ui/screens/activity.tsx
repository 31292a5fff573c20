// An activity: what it is, and who takes part, ticked off by tapping names.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

import type { Edit, ID, Stored } from '../../store/api'
import { useLoaded } from '../load'
import { Button, Check, Name, Note, Screen, TextField, Where } from '../parts/parts'
import { explain, store, toast } from '../state'
import { content, text, valueOf } from '../values'
import { isolated, t, tOr } from '../words'
import { days } from './activities'
import { NewActivity } from './activity-new'

/** How many names are found at a time. */
const shown = 12

export const ActivityScreen = ({ id, rest }: { id: string; rest: string[] }) =>
  id === 'new' ? <NewActivity draft={rest[0] ?? ''} /> : <Attendance id={id} />

interface Part { participation: Stored; person: Stored | null }

/** Saves edits, and gives whether they are saved; if not, it has said so. */
type Save = (edits: Edit[]) => Promise<boolean>

function Attendance({ id }: { id: ID }) {
  const activity = useLoaded(() => store.get(id), id)
  const parts = useLoaded(() => partsOf(id), id)
  const fault = useSignal('')
  const save: Save = async (edits) => {
    try {
      await store.save({ edits })
      fault.value = ''
      return true
    } catch (error) {
      fault.value = explain(error)
      return false
    }
  }
  const error = activity.error || parts.error || fault.value
  const a = activity.value
  return (
    <Screen title={<Name>{text(a, 'title') || t('activities.one')}</Name>}>
      {error !== '' && <Note tone="bad" alert>{error}</Note>}
      {a && <About activity={a} />}
      {parts.value && <AddPeople activity={id} there={parts.value} onSave={save} />}
      {parts.value && <Present parts={parts.value} onSave={save} />}
    </Screen>
  )
}

async function partsOf(activity: ID): Promise<Part[]> {
  const participations = await store.list('participations', activity)
  return Promise.all(participations.map(async (participation) => (
    { participation, person: await store.get(text(participation, 'person')).catch(() => null) })))
}

function About({ activity }: { activity: Stored }) {
  const reach = text(activity, 'estimated_reach')
  return (
    <div class="card">
      <p>{tOr('choice.' + text(activity, 'kind'), text(activity, 'kind'))} · {days(activity)}</p>
      {text(activity, 'topic') !== '' && <p class="soft"><Name>{text(activity, 'topic')}</Name></p>}
      {reach !== '' && <p class="soft">{t('fields.activities.estimated_reach')}: {reach}</p>}
      {activity.where !== 'received' && <Where record={activity} />}
    </div>
  )
}

/** AddPeople finds people, also by their household, and takes in whoever is tapped. */
function AddPeople({ activity, there, onSave }: { activity: ID; there: Part[]; onSave: Save }) {
  const asked = useSignal('')
  const found = useLoaded(async () => (asked.value.trim() === '' ? [] : peopleLike(asked.value)), asked.value)
  const known = new Set(there.map((p) => text(p.participation, 'person')))
  const add = async (person: Stored): Promise<void> => {
    const id = await store.newID()
    if (!await onSave([{ kind: 'create', collection: 'participations', id, fields: { activity: valueOf(activity), person: valueOf(person.id), attended: 'true' } }])) return
    toast.value = { text: t('activities.added', { name: isolated(text(person, 'name')) }), undo: async () => void await onSave([{ kind: 'delete', record: await store.get(id) }]), at: 'activity/' + activity }
  }
  return (
    <section class="stack">
      <div role="search">
        <TextField type="search" label={t('activities.find')} hint={t('activities.find_hint')} value={asked.value} onInput={(typed) => (asked.value = typed)} />
      </div>
      {found.error !== '' && <Note tone="bad" alert>{found.error}</Note>}
      {asked.value.trim() !== '' && found.value && <p role="status" class="soft">{t('home.count', { count: found.value.length })}</p>}
      {asked.value.trim() !== '' && found.value?.map((person) => (
        <Button key={person.id} icon={known.has(person.id) ? 'check' : 'plus'} why={known.has(person.id) ? t('activities.there') : ''} onClick={() => void add(person)}>
          <span class="grow"><Name>{text(person, 'name')}</Name> <span class="soft number">{(text(person, 'born_on') || text(person, 'birth_year')).slice(0, 4)}</span></span>
        </Button>
      ))}
    </section>
  )
}

/** Gives people by what is typed: those found, and the members of the households that are. */
async function peopleLike(typed: string): Promise<Stored[]> {
  const hits = await store.search(typed, shown)
  const lists = await Promise.all(hits.map(async (hit) => (hit.collection === 'people' ? [hit] : store.list('people', hit.id))))
  const people = new Map(lists.flat().filter((p) => text(p, 'merged_into') === '').map((p) => [p.id, p]))
  return [...people.values()].slice(0, 2 * shown)
}

/** A Tick is saved as it is set, and shows that until it is known to be, or could not. */
function Tick({ of, field, onSave }: { of: Stored; field: 'attended' | 'completed'; onSave: Save }) {
  const saved = content(of, field) === true
  const ticked = useSignal(saved)
  useEffect(() => { ticked.value = saved }, [saved])
  const set = async (on: boolean): Promise<void> => {
    ticked.value = on
    if (!await onSave([{ kind: 'edit', record: of, fields: { [field]: valueOf(on) } }])) ticked.value = saved
  }
  return <Check checked={ticked.value} onPick={(on) => void set(on)}>{t(`fields.participations.${field}`)}</Check>
}

/** Present lists who takes part: who came, and who completed it. */
function Present({ parts, onSave }: { parts: Part[]; onSave: Save }) {
  const is = (p: Part, field: string): boolean => content(p.participation, field) === true
  return (
    <section class="stack">
      <h2>{t('activities.people')}</h2>
      <p role="status">{t('activities.came', { count: parts.filter((p) => is(p, 'attended')).length })} · {t('activities.completed', { count: parts.filter((p) => is(p, 'completed')).length })}</p>
      {parts.length === 0 && <p class="soft">{t('activities.nobody')}</p>}
      {parts.map((p) => (
        <div class="card stack" role="group" aria-label={text(p.person, 'name')} key={p.participation.id}>
          <strong><Name>{text(p.person, 'name') || t('value.elsewhere')}</Name></strong>
          {p.participation.where !== 'received' && <div><Where record={p.participation} /></div>}
          <div class="row wrap">
            <Tick of={p.participation} field="attended" onSave={onSave} />
            <Tick of={p.participation} field="completed" onSave={onSave} />
          </div>
        </div>
      ))}
    </section>
  )
}

