// Says things in the worker's language: texts from the catalogues, and numbers and dates as the language writes them.
import { computed, signal } from '@preact/signals'

import type { Key } from '../words/keys.gen'
import { chooseLanguage, wantedLanguage } from './languages'

declare const WORDS: Record<string, string>

/** The tag of the language that is spoken. */
export const language = signal('en')
/** In which direction it is written. */
export const direction = computed(() => (language.value === 'ar' ? 'rtl' : 'ltr'))

type Text = string | Partial<Record<Intl.LDMLPluralRule, string>>
const texts = signal<Record<string, Text>>({})

/** Values are put in the places of a text; count also chooses the plural form. */
export type Values = Record<string, string | number>

/** Gives the text of a key. */
export function t(key: Key, values: Values = {}): string {
  const text = texts.value[key]
  if (text === undefined) return ''
  const form = typeof text === 'string' ? text : (text[rules.value.select(Number(values.count))] ?? text.other ?? '')
  return form.replace(/\{([a-z_]+)\}/g, (whole, name: string) => {
    const value = values[name]
    return value === undefined ? whole : typeof value === 'number' ? number(value) : value
  })
}

/** Gives the text of a key that is made of a word from elsewhere, such as a code; else, if there is none. */
export function tOr(key: string, otherwise: string, values: Values = {}): string {
  return key in texts.value ? t(key as Key, values) : otherwise
}

/** They are made once for a language: that takes long, and a list asks for them a hundred times. */
const rules = computed(() => new Intl.PluralRules(language.value))
const numbers = computed(() => new Intl.NumberFormat(tags(), { maximumFractionDigits: 6 }))

/** Writes a number as the language does, with Western digits: those are what stands on cards and packages. */
export function number(n: number): string {
  return numbers.value.format(n)
}

/** Writes an amount of data: "3.4 MB". */
export function bytes(n: number): string {
  const units = ['kilobyte', 'megabyte', 'gigabyte']
  const step = Math.min(units.length, Math.max(1, Math.floor(Math.log10(Math.max(1, n)) / 3)))
  const size = n / 1000 ** step
  return new Intl.NumberFormat(tags(), { style: 'unit', unit: units[step - 1]!, maximumFractionDigits: size < 10 ? 1 : 0 }).format(size)
}

/** Writes a quantity with its unit. */
export const quantity = (n: number, unit: string): string => isolated(unit === '' ? number(n) : `${number(n)}\u00a0${unit}`)

/** Isolates what is put into a text, since it may be written the other way round than the language. */
export const isolated = (text: string): string => `\u2068${text}\u2069`

/** Writes the day of a moment: "Tue 14 April". */
export function day(ms: number): string {
  const said = language.value === 'sq' ? albanianDay(new Date(ms))
    : new Intl.DateTimeFormat(tags(), { weekday: 'short', day: 'numeric', month: 'long', ...year(ms) }).format(ms)
  return said.replace(/(\d\.?) /, '$1\u00a0') // no line ends between the number and the month
}

/** Writes a moment: the hour alone if it is today. */
export function moment(ms: number, now = Date.now()): string {
  const hour = new Intl.DateTimeFormat(tags(), { hour: '2-digit', minute: '2-digit', hour12: false }).format(ms)
  return dayOf(ms) === dayOf(now) ? hour : day(ms) + (language.value === 'ar' ? '، ' : ', ') + hour
}

/** Writes a date such as 2020-04-30. */
export function date(text: string): string {
  const ms = Date.parse(text + 'T12:00:00')
  return Number.isNaN(ms) ? text : day(ms)
}

/** Gives the day of a moment, where the tablet is, as 2020-04-30. */
export function dayOf(ms: number): string {
  const d = new Date(ms)
  return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`
}

const year = (ms: number): Intl.DateTimeFormatOptions =>
  new Date(ms).getFullYear() === new Date().getFullYear() ? {} : { year: 'numeric' }

/** Chromium knows Albanian by its plural forms alone: its numbers are written as in Czech, which does the same, its days here. */
const tags = (): string[] => (({ en: ['en-GB'], sq: ['sq', 'cs'] })[language.value] ?? [language.value]).map((tag) => tag + '-u-nu-latn')

const albanian = {
  days: ['die', 'hën', 'mar', 'mër', 'enj', 'pre', 'sht'],
  months: ['janar', 'shkurt', 'mars', 'prill', 'maj', 'qershor', 'korrik', 'gusht', 'shtator', 'tetor', 'nëntor', 'dhjetor'],
}

function albanianDay(d: Date): string {
  return [`${albanian.days[d.getDay()]},`, d.getDate(), albanian.months[d.getMonth()], ...('year' in year(d.getTime()) ? [d.getFullYear()] : [])].join(' ')
}

/** Speaks a language from now on: the worker's, or the one that fits the browser best, if none is named. */
export async function speak(wanted?: string): Promise<void> {
  const tag = wanted ?? (await wantedLanguage())
  const response = await fetch(WORDS[tag] ?? '')
  texts.value = (await response.json()) as Record<string, Text>
  language.value = tag
  document.documentElement.lang = tag
  document.documentElement.dir = direction.value
  if (wanted !== undefined) await chooseLanguage(wanted)
}
