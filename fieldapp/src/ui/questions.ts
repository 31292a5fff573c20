// The questions of a questionnaire, in the form that docs/protocol.md describes, and what was answered to them.
import type { Stored } from '../store/api'
import { content } from './values'

const types = ['text', 'number', 'date', 'choice', 'choices', 'photo', 'position'] as const

/** A Question as it is asked in the worker's language. */
export interface Question {
  name: string
  type: (typeof types)[number]
  required: boolean
  label: string
  choices: { value: string; label: string }[]
  /** By question, the answers with one of which this one is asked. */
  shownIf: Record<string, string[]>
}

/** Answers by question, as they are filled in: a number is the text that was typed. */
export type Answers = Record<string, unknown>

type Said = Record<string, string> | undefined
interface Written {
  type?: string
  required?: boolean
  order?: number
  label?: Said
  choices?: string[]
  choice_labels?: Record<string, Said>
  shown_if?: Record<string, unknown>
}

/** Gives the questions in their order, those without one last, by name. A type that this release does not know is not asked. */
export function questionsOf(questionnaire: Stored, language: string): Question[] {
  const written = Object.entries((content(questionnaire, 'questions') ?? {}) as Record<string, Written>)
  const place = (w: Written): number => w.order ?? Infinity
  return written.filter(([, w]) => types.includes(w.type as Question['type']))
    .sort(([a, x], [b, y]) => (place(x) === place(y) ? (a < b ? -1 : 1) : place(x) - place(y)))
    .map(([name, w]) => ({
      name, type: w.type as Question['type'], required: w.required === true, label: said(w.label, language, name),
      choices: (w.choices ?? []).map((value) => ({ value, label: said(w.choice_labels?.[value], language, value) })),
      shownIf: Object.fromEntries(Object.entries(w.shown_if ?? {}).map(([other, is]) => [other, [is].flat().map(String)])),
    }))
}

/** Gives a label in a language, else in its base, in English, or in any. */
function said(label: Said, language: string, otherwise: string): string {
  if (!label) return otherwise
  return label[language] ?? label[language.split('-')[0] ?? ''] ?? label['en'] ?? Object.values(label)[0] ?? otherwise
}

/** Gives the questions that are asked, after what was answered so far. One that hangs on a question that is not asked is not. */
export function asked(questions: Question[], answers: Answers): Question[] {
  const shown = new Set(questions.map((q) => q.name))
  for (let before = -1; before !== shown.size;) {
    before = shown.size
    for (const q of questions) if (!fits(q, shown, answers)) shown.delete(q.name)
  }
  return questions.filter((q) => shown.has(q.name))
}

const fits = (q: Question, shown: Set<string>, answers: Answers): boolean => Object.entries(q.shownIf).every(
  ([other, wanted]) => shown.has(other) && [answers[other]].flat().some((is) => wanted.includes(String(is))))

/** Whether something was answered. */
export const answered = (is: unknown): boolean => is !== undefined && is !== '' && is !== null && !(Array.isArray(is) && is.length === 0)

const wellFormed = /^-?\d{1,9}([.,]\d{1,6})?$/

/** Gives what is wrong with an answer: it is missing though it has to be there, or is no number. */
export function flaw(q: Question, answers: Answers): 'missing' | 'no_number' | '' {
  const is = answers[q.name]
  if (!answered(is)) return q.required ? 'missing' : ''
  return q.type === 'number' && !wellFormed.test(String(is).trim()) ? 'no_number' : ''
}

/** Gives the answers as a visit holds them: those to questions that are asked, in the form of their type. */
export function toSave(questions: Question[], answers: Answers): Answers {
  const given = asked(questions, answers).filter((q) => answered(answers[q.name]))
  return Object.fromEntries(given.map((q) => [q.name, form(q, answers[q.name])]))
}

function form(q: Question, is: unknown): unknown {
  if (q.type === 'number') return Number(String(is).trim().replace(',', '.'))
  if (q.type === 'choices') return [...(is as string[])].sort()
  return is
}
