// Values are JSON texts in one form, so that two are equal if and only if their texts are: no white space, members sorted
// by their names' bytes, text in Unicode NFC without NUL, numbers as they were written.

import type { ID, Value } from './types'
import { byBytes, byteLength } from './bytes'
import { isID } from './uuid'
import { maxNesting, maxValueBytes } from './limits.gen'

/** The value that JSON.stringify makes of something, in canonical form; '' for undefined. */
export function valueOf(x: unknown): Value {
  return x === undefined ? '' : canonical(JSON.stringify(x))
}

/** Brings a JSON text into canonical form. It fails on text that is not JSON, or that no value can hold. */
export function canonical(text: string): Value {
  const reader = new Canonical(text)
  const value = reader.value(0)
  reader.end()
  return value
}

/** Says what is wrong with a text as a value, '' if nothing. */
export function flawOf(v: Value): string {
  if (byteLength(v) > maxValueBytes) return `the value has more than ${maxValueBytes} bytes`
  try {
    return canonical(v) === v ? '' : 'the value is not in canonical form'
  } catch (err) {
    return (err as Error).message
  }
}

/** Whether a value holds nothing: a cleared field, or no value at all. */
export const isNull = (v: Value | undefined): boolean => v === undefined || v === '' || v === 'null'

/** The text in a value, '' if it is not text. */
export const textIn = (v: Value | undefined): string => (v?.startsWith('"') ? (JSON.parse(v) as string) : '')

/** The id in a value, '' if it is none. */
export function idIn(v: Value | undefined): ID {
  const text = textIn(v)
  return isID(text) ? text : ''
}

const space = /[ \t\r\n]*/y
const literal = /"(?:[^"\\\0-\x1f]|\\.)*"/y
const word = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y

class Canonical {
  private at = 0
  constructor(private readonly text: string) {}

  value(depth: number): Value {
    const next = this.peek()
    if (next === '"') return JSON.stringify(this.string())
    if (next !== '{' && next !== '[') return this.take(word)
    if (depth === maxNesting) throw new Error(`the value nests deeper than ${maxNesting} levels`)
    this.at++
    return next === '{' ? this.object(depth + 1) : this.array(depth + 1)
  }

  end(): void {
    if (this.peek() !== '') throw new Error('there is something behind the JSON value')
  }

  private object(depth: number): Value {
    const members = new Map<string, Value>()
    this.list('}', () => {
      if (this.peek() !== '"') throw new Error('the value is not JSON')
      const name = this.string()
      if (members.has(name)) throw new Error('a member is there twice')
      this.expect(':')
      members.set(name, this.value(depth))
    })
    const sorted = [...members].sort(([a], [b]) => byBytes(a, b))
    return '{' + sorted.map(([name, value]) => JSON.stringify(name) + ':' + value).join(',') + '}'
  }

  private array(depth: number): Value {
    const elements: Value[] = []
    this.list(']', () => elements.push(this.value(depth)))
    return '[' + elements.join(',') + ']'
  }

  /** Reads what stands between commas, up to the closing bracket. */
  private list(close: string, element: () => void): void {
    if (this.peek() === close) {
      this.at++
      return
    }
    for (;;) {
      element()
      if (this.peek() === close) break
      this.expect(',')
    }
    this.at++
  }

  private string(): string {
    const text = JSON.parse(this.take(literal)) as string
    if (/\p{Surrogate}/u.test(text)) throw new Error('the value holds half of a surrogate pair')
    if (text.includes('\0')) throw new Error('the text holds a NUL character')
    return text.normalize('NFC')
  }

  /** The next character that is no white space, '' at the end. */
  private peek(): string {
    space.lastIndex = this.at
    space.test(this.text)
    this.at = space.lastIndex
    return this.text.charAt(this.at)
  }

  private expect(character: string): void {
    if (this.peek() !== character) throw new Error('the value is not JSON')
    this.at++
  }

  private take(form: RegExp): string {
    form.lastIndex = this.at
    const found = form.exec(this.text)
    if (!found) throw new Error('the value is not JSON')
    this.at = form.lastIndex
    return found[0]
  }
}
