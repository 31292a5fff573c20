// A household: who it is, what it is due, what it was given, and what the office asks.
import { readFamily, type Family } from '../../family'
import { useLoaded } from '../../load'
import { Icon } from '../../parts/icons'
import { Button, Loading, Name, Note, Screen, Where } from '../../parts/parts'
import { Person } from '../../parts/person'
import { Shares } from '../../parts/received'
import { Receipts } from '../../parts/receipts'
import { go } from '../../route'
import { content, inConflict, text } from '../../values'
import { date, t, tOr } from '../../words'
import { Questions } from './questions'
import { Timeline } from './timeline'

export function Household({ id }: { id: string }) {
  const { value: family, error } = useLoaded(() => readFamily(id), id)
  const steps = (
    <>
      <Button look="done" icon="box" onClick={() => go('deliver/' + id)}>{t('household.deliver')}</Button>
      <Button icon="home" onClick={() => go('visit/' + id)}>{t('household.visit')}</Button>
    </>
  )
  return (
    <Screen title={family ? <Name>{text(family.household, 'head_name')}</Name> : t('collection.households.one')} {...(family ? { next: steps } : {})}>
      {error !== '' && <Note tone="bad" alert>{error}</Note>}
      {!family && error === '' && <Loading />}
      {family && (
        <>
          <Receipts household={id} />
          <Merged family={family} />
          <Shares aid={family.aid} />
          <Questions questions={family.questions} />
          <Facts family={family} />
          <Members family={family} />
          <Timeline family={family} />
        </>
      )}
    </Screen>
  )
}

/** Merged says of a duplicate where the family goes on. */
function Merged({ family }: { family: Family }) {
  const into = text(family.household, 'merged_into')
  if (into === '') return null
  return (
    <Note tone="warn">
      <p>{t('household.merged')}</p>
      <Button onClick={() => go('household/' + into, true)}>{t('household.open_other')}</Button>
    </Note>
  )
}

function Facts({ family: { household, area } }: { family: Family }) {
  const phone = text(household, 'phone')
  const facts: [string, string][] = [
    [t('fields.households.card_number'), text(household, 'card_number')],
    [t('fields.households.status'), tOr('choice.' + text(household, 'status'), text(household, 'status'))],
    [t('fields.households.address'), [text(household, 'address'), text(area, 'name')].filter(Boolean).join(', ')],
    [t('fields.households.place_of_origin'), text(household, 'place_of_origin')],
    [t('fields.households.consent_on'), text(household, 'consent_on') && date(text(household, 'consent_on'))],
    [t('fields.households.notes'), text(household, 'notes')],
  ]
  return (
    <section class="stack">
      <h2>{t('household.facts')}</h2>
      <div><Where record={household} /></div>
      <Conflicts household={household} />
      <dl class="facts">
        {facts.filter(([, is]) => is !== '').map(([name, is]) => <><dt>{name}</dt><dd><Name>{is}</Name></dd></>)}
      </dl>
      <div class="pair">
        {phone !== '' && (
          <a class="button" href={'tel:' + phone.replace(/[^+\d]/g, '')}><Icon name="phone" /><span>{t('household.call')} <bdi class="whole">{phone}</bdi></span></a>
        )}
        <Button icon="pen" onClick={() => go('edit/' + household.id)}>{t('household.correct')}</Button>
      </div>
    </section>
  )
}

/** Conflicts says which fields two people changed without knowing of each other. */
function Conflicts({ household }: { household: Family['household'] }) {
  if (!inConflict(household)) return null
  const fields = Object.entries(household.fields).filter(([, f]) => f.conflict)
  return (
    <Note tone="warn">
      <p>{t('household.conflict')}</p>
      <ul>
        {fields.map(([name]) => <li key={name}><strong>{tOr('fields.households.' + name, name)}</strong>: <Name>{shown(household, name)}</Name></li>)}
      </ul>
    </Note>
  )
}

function shown(household: Family['household'], name: string): string {
  const is = content(household, name)
  return typeof is === 'string' ? tOr('choice.' + is, is) : is === undefined ? t('household.empty') : typeof is === 'object' ? t('household.changed') : String(is)
}

function Members({ family: { household, people } }: { family: Family }) {
  return (
    <section class="stack">
      <h2>{t('household.members', { count: people.length })}</h2>
      <div class="tiles">{people.map((p) => <button type="button" class="card" key={p.id} onClick={() => go('edit/' + p.id)}><Person person={p} /></button>)}</div>
      <Button icon="plus" onClick={() => go('member/' + household.id)}>{t('household.add_member')}</Button>
    </section>
  )
}
