// One question of a questionnaire, with what its type is answered by.
import { useSignal } from '@preact/signals'

import type { Proof } from '../photo'
import { flaw, type Answers, type Question } from '../questions'
import { usePosition, type Position } from '../position'
import { isolated, t } from '../words'
import { Here } from './here'
import { Button, Check, Choices, Name, TextField } from './parts'
import { Photos } from './photos'

/** An Ask is what a question's field works on. */
interface Ask { question: Question; answers: Answers; onAnswer: (is: unknown) => void }

/** Asks a question. What is optional says so. */
export function Asked({ question, answers, onAnswer }: Ask) {
  const is = answers[question.name]
  const text = typeof is === 'string' ? is : ''
  const label = labelOf(question)
  switch (question.type) {
    case 'text': return <TextField label={label} lines={2} value={text} onInput={onAnswer} />
    case 'number': return <TextField label={label} inputMode="decimal" value={text} onInput={onAnswer} fault={flaw(question, answers) === 'no_number' ? t('visit.no_number') : ''} />
    case 'date': return <TextField label={label} type="date" value={text} onInput={onAnswer} />
    case 'choice': return <Choices label={label} options={[...question.choices, ...(question.required ? [] : [{ value: '', label: t('visit.no_answer') }])].map(named)} value={text} onPick={onAnswer} />
    case 'choices': return <Several question={question} answers={answers} onAnswer={onAnswer} />
    case 'photo': return <Taken label={label} photos={(is ?? []) as Proof[]} onTaken={onAnswer} />
    case 'position': return <Place label={label} position={is as Position | undefined} onPosition={onAnswer} />
  }
}

const labelOf = (q: Question): string => (q.required ? isolated(q.label) : t('visit.optional', { label: isolated(q.label) }))
const named = (o: { value: string; label: string }) => ({ value: o.value, label: <Name>{o.label}</Name> })

/** Several are any number of the choices. */
function Several({ question, answers, onAnswer }: Ask) {
  const picked = (answers[question.name] ?? []) as string[]
  return (
    <fieldset class="field">
      <legend>{labelOf(question)}</legend>
      <span class="hint">{t('visit.several')}</span>
      <div class="choices">
        {question.choices.map((c) => (
          <Check key={c.value} checked={picked.includes(c.value)} onPick={(on) => onAnswer(on ? [...picked, c.value] : picked.filter((p) => p !== c.value))}>
            <Name>{c.label}</Name>
          </Check>
        ))}
      </div>
    </fieldset>
  )
}

/** Place takes the position when it is asked for. */
function Place({ label, position, onPosition }: { label: string; position: Position | undefined; onPosition: (is: Position | undefined) => void }) {
  const looking = useSignal(false)
  return (
    <fieldset class="field">
      <legend>{label}</legend>
      {position && <p>{t('visit.position_taken', { count: Math.ceil(position.accuracy) })}</p>}
      {looking.value ? <Looking onUse={(p) => { onPosition(p); looking.value = false }} />
        : <div class="row wrap">
            <Button onClick={() => (looking.value = true)}>{t(position ? 'visit.position_again' : 'visit.position_take')}</Button>
            {position && <Button look="plain" onClick={() => onPosition(undefined)}>{t('proof.remove')}</Button>}
          </div>}
    </fieldset>
  )
}

function Looking({ onUse }: { onUse: (is: Position) => void }) {
  const fix = usePosition().value
  const found = fix.position
  return (
    <>
      <Here fix={fix} />
      {found && <Button look="main" onClick={() => onUse(found)}>{t('visit.position_use', { count: Math.ceil(found.accuracy) })}</Button>}
    </>
  )
}

/** Taken are the photos that answer a question. */
function Taken({ label, photos, onTaken }: { label: string; photos: Proof[]; onTaken: (photos: Proof[]) => void }) {
  return (
    <fieldset class="field">
      <legend>{label}</legend>
      <Photos photos={photos} onInput={onTaken} />
    </fieldset>
  )
}
