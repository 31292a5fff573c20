// A visit to a household: what for, what was asked and found, and when to come again.
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'

import type { Edit, ID, Stored } from '../../store/api'
import { useDraft, type Filled } from '../draft'
import { useLoaded } from '../load'
import { Asked } from '../parts/ask'
import { Here } from '../parts/here'
import { Button, Choices, Loading, Name, Note, Screen, TextField } from '../parts/parts'
import { Restored } from '../parts/restored'
import { projectsOf, Select } from '../parts/select'
import { usePosition, type Position } from '../position'
import { asked, flaw, questionsOf, toSave, type Answers, type Question } from '../questions'
import { returnTo } from '../route'
import { door, status, store, toast } from '../state'
import { content, only, text, valueOf } from '../values'
import { date, dayOf, isolated, language, t } from '../words'

/** A Visit as it is filled in. */
interface Visit {
  /** When it began, by the tablet's clock. */
  at: number
  purpose: string
  /** On whose behalf, '' for nobody's; null until that is decided. */
  project: ID | null
  /** Which questions are asked, '' for none; null until that is decided. */
  questionnaire: ID | null
  answers: Answers
  findings: string
  next: string
  position: Position | null
}

const purposes = ['monitoring', 'assessment', 'registration', 'delivery', 'complaint', 'other'] as const
const oneDay = 24 * 60 * 60 * 1000

export function VisitScreen({ id, rest }: { id: string; rest: string[] }) {
  const household = useLoaded(() => store.get(id), id)
  const known = useLoaded(async () => ({
    projects: await store.list('projects', ''),
    questionnaires: (await store.list('questionnaires', '')).filter((q) => content(q, 'active') === true),
  }))
  const form = useDraft<Visit>('visit', id, rest[0] ?? '', {
    at: Date.now(), purpose: 'monitoring', project: null, questionnaire: null, answers: {}, findings: '', next: '', position: null,
  })
  const title = <>{t('visit.title')} <span class="block small"><Name>{text(household.value, 'head_name')}</Name></span></>
  const error = household.error || known.error
  if (error !== '') return <Screen title={title}><Note tone="bad" alert>{error}</Note></Screen>
  if (!form.ready.value || !household.value || !known.value) return <Screen title={title}><Loading /></Screen>
  return <Filling title={title} household={household.value} form={form} {...known.value} />
}

function Filling({ title, household, projects, questionnaires, form }: {
  title: ComponentChildren; household: Stored; projects: Stored[]; questionnaires: Stored[]; form: Filled<Visit>
}) {
  const visit = form.content.value
  const project = visit.project ?? only(projects)
  const chosen = questionnaireOf(visit, questionnaires)
  const questions = chosen ? questionsOf(chosen, language.value) : []
  const busy = useSignal(false)
  const saveOnce = async (): Promise<void> => {
    if (busy.value) return
    busy.value = true
    await save(household, form, project, chosen, questions)
    busy.value = false
  }
  const missing = asked(questions, visit.answers).find((q) => flaw(q, visit.answers) !== '')
  const answer = (name: string, is: unknown): void => form.set({ questionnaire: chosen?.id ?? '', answers: { ...visit.answers, [name]: is } })
  return (
    <Screen title={title} next={<Button look="done" icon="check" why={missing ? t('visit.missing', { question: isolated(missing.label) }) : ''} onClick={() => void saveOnce()}>{t('app.save')}</Button>}>
      <Restored draft={form} />
      <Choices label={t('fields.visits.purpose')} options={purposes.map((p) => ({ value: p, label: t(`choice.${p}`) }))} value={visit.purpose} onPick={(purpose) => form.set({ purpose })} />
      {projects.length > 0 && <Select optional label={t('fields.visits.project')} options={projectsOf(projects)} value={project} onPick={(project) => form.set({ project })} />}
      {questionnaires.length > 0 && (
        <Choices label={t('fields.visits.questionnaire')} value={chosen?.id ?? ''} onPick={(questionnaire) => form.set({ questionnaire })}
          options={[...questionnaires.map((q) => ({ value: q.id, label: <Name>{text(q, 'title')}</Name> })), { value: '', label: t('visit.no_questionnaire') }]} />
      )}
      {asked(questions, visit.answers).map((q) => <Asked key={q.name} question={q} answers={visit.answers} onAnswer={(is) => answer(q.name, is)} />)}
      <TextField label={t('fields.visits.findings')} lines={4} value={visit.findings} onInput={(findings) => form.set({ findings })} />
      <NextVisit on={visit.next} onPick={(next) => form.set({ next })} />
      <Found form={form} />
    </Screen>
  )
}

/** Gives the questionnaire that is asked: the chosen one, or the only one there is. */
function questionnaireOf(visit: Visit, questionnaires: Stored[]): Stored | undefined {
  if (visit.questionnaire === null) return questionnaires.length === 1 ? questionnaires[0] : undefined
  return questionnaires.find((q) => q.id === visit.questionnaire)
}

/** NextVisit plans the next visit: one tap for what is usual, or any day. */
function NextVisit({ on, onPick }: { on: string; onPick: (day: string) => void }) {
  const days = [dayOf(Date.now() + 7 * oneDay), inAMonth()]
  const usual = on === '' || days.includes(on)
  const options = [
    { value: '', label: t('visit.next_none') },
    { value: days[0] ?? '', label: t('visit.next_week', { day: date(days[0] ?? '') }) },
    { value: days[1] ?? '', label: t('visit.next_month', { day: date(days[1] ?? '') }) },
    { value: 'other', label: t('visit.next_other') },
  ]
  return (
    <>
      <Choices label={t('fields.visits.next_visit_on')} options={options} value={usual ? on : 'other'} onPick={(v) => onPick(v === 'other' ? dayOf(Date.now() + oneDay) : v)} />
      {!usual && <TextField label={t('visit.next_day')} type="date" min={dayOf(Date.now())} value={on} onInput={onPick} />}
    </>
  )
}

function inAMonth(): string {
  const day = new Date()
  day.setMonth(day.getMonth() + 1)
  return dayOf(day.getTime())
}

/** Found puts the position into the visit as soon as it is found, and the better one in its place. */
function Found({ form }: { form: Filled<Visit> }) {
  const fix = usePosition().value
  const kept = form.content.value.position
  useEffect(() => {
    if (fix.position && (!kept || fix.position.accuracy < kept.accuracy)) form.set({ position: fix.position })
  }, [fix.position])
  return <Here fix={kept ? { position: kept, failed: false } : fix} />
}

async function save(household: Stored, form: Filled<Visit>, project: ID | '', questionnaire: Stored | undefined, questions: Question[]): Promise<void> {
  const visit = form.content.value
  const id = await store.newID()
  const answers = toSave(questions, visit.answers)
  const create: Edit = {
    kind: 'create', collection: 'visits', id,
    fields: {
      household: valueOf(household.id), project: valueOf(project), purpose: valueOf(visit.purpose), visited_at: valueOf(visit.at + (status.value?.clockOffset ?? 0)),
      worker: valueOf(door.value?.worker?.id), position: valueOf(visit.position), findings: valueOf(visit.findings.trim()),
      questionnaire: valueOf(questionnaire?.id), answers: valueOf(Object.keys(answers).length > 0 ? answers : undefined), next_visit_on: valueOf(visit.next),
    },
  }
  if (!(await form.save([create]))) return
  const undo = async (): Promise<void> => store.save({ edits: [{ kind: 'delete', record: await store.get(id) }] })
  const at = 'household/' + household.id
  toast.value = { text: t('visit.saved'), undo, at }
  returnTo(at)
}
