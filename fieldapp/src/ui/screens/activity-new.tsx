// A new activity: what it is, by which project, where and when.
import { useSignal } from '@preact/signals'

import type { Stored } from '../../store/api'
import { useDraft, type Filled } from '../draft'
import { useLoaded } from '../load'
import { Button, Choices, Loading, Note, Screen, TextField } from '../parts/parts'
import { Restored } from '../parts/restored'
import { projectsOf, Select } from '../parts/select'
import { go } from '../route'
import { store, toast } from '../state'
import { only, text, valueOf } from '../values'
import { dayOf, t } from '../words'

interface New { title: string; kind: string; topic: string; project: string; area: string; from: string; to: string; reach: string }

const kinds = ['training', 'go_and_see_visit', 'public_event', 'outreach_campaign', 'local_action_plan'] as const
const wholeNumber = /^\d{0,9}$/

export function NewActivity({ draft }: { draft: string }) {
  const known = useLoaded(async () => ({ projects: await store.list('projects', ''), areas: await areasByUse() }))
  const form = useDraft<New>('activity', '', draft, {
    title: '', kind: '', topic: '', project: '', area: '', from: dayOf(Date.now()), to: '', reach: '',
  })
  if (known.error !== '') return <Screen title={t('activities.new')}><Note tone="bad" alert>{known.error}</Note></Screen>
  if (!known.value || !form.ready.value) return <Screen title={t('activities.new')}><Loading /></Screen>
  return <Filling form={form} {...known.value} />
}

function Filling({ form, projects, areas }: { form: Filled<New>; projects: Stored[]; areas: Stored[] }) {
  const busy = useSignal(false)
  const filled = form.content.value
  const a = { ...filled, project: filled.project || only(projects), area: filled.area || only(areas) }
  const name = (record: Stored, field: string) => ({ value: record.id, label: text(record, field) })
  const lacks = a.title.trim() === '' ? 'title' : a.kind === '' ? 'kind' : a.project === '' ? 'project' : a.area === '' ? 'area' : null
  const save = async (): Promise<void> => {
    if (busy.value) return
    busy.value = true
    await create(form, a)
    busy.value = false
  }
  const wrong = !wholeNumber.test(a.reach) ? t('activities.whole') : a.to !== '' && a.to < a.from ? t('activities.backwards') : ''
  const why = lacks ? t('activities.first', { field: t(`fields.activities.${lacks}`) }) : wrong
  return (
    <Screen title={t('activities.new')} next={<Button look="done" icon="check" why={why} onClick={() => void save()}>{t('app.save')}</Button>}>
      <Restored draft={form} />
      <TextField label={t('fields.activities.title')} value={a.title} onInput={(title) => form.set({ title })} />
      <Choices label={t('fields.activities.kind')} options={kinds.map((k) => ({ value: k, label: t(`choice.${k}`) }))} value={a.kind} onPick={(kind) => form.set({ kind })} />
      <Select label={t('fields.activities.project')} options={projectsOf(projects)} value={a.project} onPick={(project) => form.set({ project })} />
      <Select label={t('fields.activities.area')} options={areas.map((area) => name(area, 'name'))} value={a.area} onPick={(area) => form.set({ area })} />
      <div class="two stack">
        <TextField label={t('fields.activities.starts_on')} type="date" value={a.from} onInput={(from) => form.set({ from })} />
        <TextField label={t('fields.activities.ends_on')} type="date" min={a.from} value={a.to} onInput={(to) => form.set({ to })} />
      </div>
      <TextField label={t('fields.activities.topic')} value={a.topic} onInput={(topic) => form.set({ topic })} />
      <TextField label={t('fields.activities.estimated_reach')} hint={t('activities.reach_hint')} inputMode="numeric" value={a.reach} onInput={(reach) => form.set({ reach })} />
    </Screen>
  )
}

/** Gives the areas, those with activities first: there are many, and a team works in few. */
async function areasByUse(): Promise<Stored[]> {
  const used = new Set((await store.list('activities', '')).map((a) => text(a, 'area')))
  const areas = await store.list('areas', '')
  const rank = (area: Stored): number => (used.has(area.id) ? 0 : 1)
  return areas.sort((a, b) => rank(a) - rank(b) || text(a, 'name').localeCompare(text(b, 'name')))
}

async function create(form: Filled<New>, a: New): Promise<void> {
  const id = await store.newID()
  const saved = await form.save([{
    kind: 'create', collection: 'activities', id,
    fields: {
      title: valueOf(a.title.trim()), kind: valueOf(a.kind), topic: valueOf(a.topic.trim()), project: valueOf(a.project), area: valueOf(a.area),
      starts_on: valueOf(a.from), ends_on: valueOf(a.to), estimated_reach: valueOf(a.reach === '' ? undefined : Number(a.reach)),
    },
  }])
  if (!saved) return
  toast.value = { text: t('activities.saved') }
  go('activity/' + id, true)
}
