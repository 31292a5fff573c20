// What the office asks about a household.
import type { Stored } from '../../../store/api'
import { Name, Where } from '../../parts/parts'
import { Icon } from '../../parts/icons'
import { go } from '../../route'
import { content, text } from '../../values'
import { t, tOr } from '../../words'

export function Questions({ questions }: { questions: Stored[] }) {
  const open = questions.filter((q) => content(q, 'closed') !== true)
  if (open.length === 0) return null
  return (
    <section class="stack">
      <h2>{t('question.title')}</h2>
      {open.map((q) => (text(q, 'answer') === '' ? <Open key={q.id} question={q} /> : <Answered key={q.id} question={q} />))}
    </section>
  )
}

export function Asked({ question }: { question: Stored }) {
  const field = text(question, 'field')
  const name = tOr(`fields.${text(question, 'about_collection')}.${field}`, '')
  return <>{name && <span class="soft block">{name}</span>}<strong><Name>{text(question, 'text')}</Name></strong></>
}

function Open({ question }: { question: Stored }) {
  return (
    <button type="button" class="card note warn" onClick={() => go('question/' + question.id)}>
      <Asked question={question} />
      <span class="row action"><Icon name="pen" />{t('question.answer')}</span>
    </button>
  )
}

function Answered({ question }: { question: Stored }) {
  return (
    <div class="card">
      <Asked question={question} />
      <p>{t('question.answered')} <Name>{text(question, 'answer')}</Name></p>
      {question.where !== 'received' && <Where record={question} />}
    </div>
  )
}
