// A field's value as people read it.
import type { ID, Stored, Value } from '../../store/api'
import { perhaps } from '../family'
import { useLoaded } from '../load'
import { text } from '../values'
import { date, moment, number, t, tOr } from '../words'
import { Name } from './parts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const aDay = /^\d{4}-\d{2}-\d{2}$/

/** What people call a record: the first of these fields that it has, '' if none. */
const nameOf = (record: Stored): string => ['head_name', 'name', 'title', 'code', 'business'].map((field) => text(record, field)).find((is) => is !== '') ?? ''

/** Gives what people call a record or, where it has no name, what it belongs to; '' if the tablet does not have it. */
async function called(id: ID): Promise<string> {
  const record = await perhaps(id)
  if (record === null) return ''
  return nameOf(record) || called(text(record, 'household') || text(record, 'person') || text(record, 'activity'))
}

/** Called is what people call a record. */
export function Called({ id, unknown = '' }: { id: ID; unknown?: string }) {
  return <Name>{useLoaded(() => called(id), id).value || unknown}</Name>
}

/** Shows a value of a field. */
export function Shown({ field, value }: { field: string; value: Value }) {
  const is: unknown = value === '' ? null : JSON.parse(value)
  if (typeof is === 'string' && uuid.test(is)) return <Called id={is} unknown={t('value.elsewhere')} />
  return <Name>{said(field, is)}</Name>
}

function said(field: string, is: unknown): string {
  if (is === null || is === '') return t('value.empty')
  if (typeof is === 'boolean') return t(is ? 'value.yes' : 'value.no')
  if (typeof is === 'number') return field.endsWith('_at') ? moment(is) : number(is)
  if (typeof is === 'string') return aDay.test(is) ? date(is) : tOr('choice.' + is, is)
  if (Array.isArray(is)) return is.map((one) => said(field, one)).join(', ')
  return Object.entries(is as object).map(([name, one]) => `${name}: ${said('', one)}`).join(', ')
}
