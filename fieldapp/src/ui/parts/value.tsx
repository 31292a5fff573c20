// A field's value as people read it.
import type { Stored, Value } from '../../store/api'
import { useLoaded } from '../load'
import { store } from '../state'
import { text } from '../values'
import { date, moment, number, t, tOr } from '../words'
import { Name } from './parts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const aDay = /^\d{4}-\d{2}-\d{2}$/

/** What people call a record: the first of these fields that it has. */
export const nameOf = (record: Stored | null | undefined): string =>
  ['head_name', 'name', 'title', 'code', 'purpose', 'business'].map((field) => called(record, field)).find((is) => is !== '') ?? ''

function called(record: Stored | null | undefined, field: string): string {
  const is = text(record, field)
  return field === 'purpose' ? tOr('choice.' + is, is) : is
}

/** Shows a value of a field. */
export function Shown({ field, value }: { field: string; value: Value }) {
  const is: unknown = value === '' ? null : JSON.parse(value)
  if (typeof is === 'string' && uuid.test(is)) return <Named id={is} />
  return <Name>{said(field, is)}</Name>
}

/** Named shows what a record is called that a field refers to. */
function Named({ id }: { id: string }) {
  const record = useLoaded(() => store.get(id), id)
  return <Name>{nameOf(record.value) || t('value.elsewhere')}</Name>
}

function said(field: string, is: unknown): string {
  if (is === null || is === '') return t('value.empty')
  if (typeof is === 'boolean') return t(is ? 'value.yes' : 'value.no')
  if (typeof is === 'number') return field.endsWith('_at') ? moment(is) : number(is)
  if (typeof is === 'string') return aDay.test(is) ? date(is) : tOr('choice.' + is, is)
  if (Array.isArray(is)) return is.map((one) => said(field, one)).join(', ')
  return Object.entries(is as object).map(([name, one]) => `${name}: ${said('', one)}`).join(', ')
}
