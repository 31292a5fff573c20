// Who somebody is, in a few words.
import type { Stored } from '../../store/api'
import { here, officeNow } from '../clock'
import { amount, text } from '../values'
import { dayOf, number, t, tOr } from '../words'
import { Name, Where } from './parts'

/** Gives the age in whole years, or the year of birth's; -1 if neither is known. */
export function ageOf(person: Stored, today = dayOf(here(officeNow()))): number {
  const born = text(person, 'born_on')
  const year = Number(born.slice(0, 4)) || amount(person, 'birth_year')
  if (year === 0) return -1
  return Number(today.slice(0, 4)) - year - (born.slice(5) > today.slice(5) ? 1 : 0)
}

/** Person is a name, with the relation, sex and age. */
export function Person({ person }: { person: Stored }) {
  const age = ageOf(person)
  const sex = text(person, 'sex')
  const words = [sex && tOr('choice.' + sex, sex), age >= 0 && t('household.age', { age: number(age) })].filter(Boolean).join(' · ')
  const relation = text(person, 'relation')
  return (
    <>
      <strong><Name>{text(person, 'name')}</Name></strong>
      <span class="soft block">{words}{words && relation && ' · '}<Name>{relation && tOr('relation.' + relation, relation)}</Name></span>
      {person.where !== 'received' && <Where record={person} />}
    </>
  )
}
