// Speaking with the server. Nothing here touches what was recorded, whatever a link or a server does.

import { mediaType, Problem, type Reply, type Request, type Tip } from '../protocol/types'
import { textOf, utf8, type Bytes } from '../protocol/bytes'
import { readReply, writeRequest } from '../protocol/frames'
import { maxInflatedBytes } from '../protocol/limits.gen'
import { Failed } from '../store/failure'
import type { Env } from '../store/env'

/** The most that is read of an answer that is not a frame stream. */
const maxAnswerBytes = 64 << 10

/** How long a link may be silent before an exchange gives up, in ms. */
const silence = 2 * 60 * 1000

/** A browser does not say how much of a body has gone out: as many bytes in a second as the worst link carries. */
const slowest = 1000

/** A Later refuses a request, and says in how many ms to come again. */
export class Later extends Problem {
  constructor(refused: Problem, readonly after: number) {
    super(refused.code, refused.detail, refused.status)
  }
}

/** Meters are told what goes over the link. */
export interface Meters {
  up(bytes: number): void
  down(bytes: number): void
  records(n: number): void
}

/** An Answer is a reply, and between which moments of the tablet's own clock the server read its own. */
export interface Answer extends Reply {
  from: number
  to: number
}

/** A Link to the server, until stop. It fails with a Problem where the server refuses, and else with a Failed. */
export class Link {
  constructor(private readonly env: Env, private readonly stop: AbortSignal) {}

  /** Sends JSON, and gives the answer, which is JSON too. */
  post(path: string, access: string, body: unknown): Promise<unknown> {
    return this.ask('POST', path, access, { 'Content-Type': 'application/json' }, utf8(JSON.stringify(body)))
  }

  /** Sends a part of something, which begins at an offset, and gives the answer, which is JSON. */
  patch(path: string, access: string, offset: number, content: Bytes): Promise<unknown> {
    return this.ask('PATCH', path, access, { 'Content-Type': 'application/octet-stream', 'Upload-Offset': String(offset) }, content)
  }

  private async ask(method: string, path: string, access: string, headers: Record<string, string>, body: Bytes): Promise<unknown> {
    const watch = new Watch(this.env, this.stop)
    try {
      const response = await this.send(method, path, access, headers, body, watch)
      return JSON.parse(textOf(await bounded(response, maxAnswerBytes))) as unknown
    } catch (err) {
      throw broken(err, watch)
    } finally {
      watch.end()
    }
  }

  /** Makes one round trip of an exchange. */
  async exchange(request: Request, access: string, meters: Meters): Promise<Answer> {
    const watch = new Watch(this.env, this.stop)
    try {
      const body = await gzip(writeRequest(request))
      const from = this.env.now()
      const headers = { 'Content-Type': mediaType, 'Content-Encoding': 'gzip', Accept: mediaType }
      const response = await this.send('POST', '/api/v1/sync', access, headers, body, watch)
      const to = this.env.now()
      meters.up(body.length)
      const reply = await readReply(chunks(response, maxInflatedBytes, (bytes) => {
        watch.moved(0)
        meters.down(bytes)
      }), (n) => meters.records(n))
      return { ...reply, from, to }
    } catch (err) {
      throw broken(err instanceof Problem && err.status === 0 ? new Failed('link', err.message) : err, watch)
    } finally {
      watch.end()
    }
  }

  private async send(
    method: string, path: string, access: string, headers: Record<string, string>, body: Bytes, watch: Watch,
  ): Promise<Response> {
    watch.moved(body.length)
    const authorization = access === '' ? {} : { Authorization: `Bearer ${access}` }
    const response = await this.env.fetch(path, {
      method, headers: { ...headers, ...authorization }, body, signal: watch.signal,
      redirect: 'error', credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer',
    })
    watch.moved(0)
    if (!response.ok) throw await refusal(response)
    return response
  }
}

/** A Watch ends a request when the worker stops the sync, and when the link has gone silent. */
class Watch {
  private readonly ends = new AbortController()
  private waits = new AbortController()
  private readonly stopped = (): void => this.ends.abort()

  constructor(private readonly env: Env, private readonly stop: AbortSignal) {
    stop.addEventListener('abort', this.stopped)
    if (stop.aborted) this.stopped()
  }

  get signal(): AbortSignal {
    return this.ends.signal
  }

  /** Notes that the link is not silent, and that so many bytes are to go out. */
  moved(bytes: number): void {
    this.waits.abort()
    const waits = (this.waits = new AbortController())
    const most = silence + (bytes * 1000) / slowest
    this.env.sleep(most, waits.signal).then(() => this.ends.abort(), () => {})
  }

  end(): void {
    this.waits.abort()
    this.stop.removeEventListener('abort', this.stopped)
  }
}

/** Whatever is thrown on the way, and is neither a refusal nor a Failed, is a broken link. */
function broken(err: unknown, watch: Watch): unknown {
  if (err instanceof Problem || err instanceof Failed) return err
  return new Failed('link', watch.signal.aborted ? 'the sync was stopped, or the link has gone silent' : `the link broke: ${String(err)}`)
}

/** Reads the problem that the server answered with. */
async function refusal(response: Response): Promise<Error> {
  const kind = (response.headers.get('Content-Type') ?? '').split(';')[0]!.trim()
  const none = new Failed('link', `something that is no Satchel server answered ${response.status}`)
  if (kind !== 'application/problem+json') return none
  let said: { code?: unknown; detail?: unknown; tip?: unknown; have?: unknown }
  try {
    said = JSON.parse(textOf(await bounded(response, maxAnswerBytes))) as typeof said
  } catch {
    return none
  }
  if (typeof said.code !== 'string' || said.code === '') return none
  const problem = new Problem(said.code, String(said.detail), response.status, tipIn(said.tip), Number.isSafeInteger(said.have) ? (said.have as number) : null)
  const seconds = Number(response.headers.get('Retry-After'))
  const busy = problem.code === 'busy' || problem.code === 'too_many_requests'
  return busy && seconds > 0 && Number.isFinite(seconds) ? new Later(problem, seconds * 1000) : problem
}

function tipIn(x: unknown): Tip | null {
  const tip = x as Partial<Tip> | null | undefined
  return Number.isSafeInteger(tip?.n) && /^[0-9a-f]{64}$/.test(String(tip?.hash)) ? { n: tip!.n!, hash: tip!.hash! } : null
}

/** The pieces of a response's body as they come. It fails if there is more than most. */
async function* chunks(response: Response, most: number, told: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader()
  if (!reader) return
  try {
    for (let all = 0; ;) {
      const { done, value } = await reader.read()
      if (done) return
      all += value.length
      if (all > most) throw new Failed('link', 'the answer is longer than it may be')
      told(value.length)
      yield value
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

async function bounded(response: Response, most: number): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  for await (const part of chunks(response, most, () => {})) parts.push(new Uint8Array(part))
  return new Uint8Array(await new Blob(parts).arrayBuffer())
}

export async function gzip(bytes: Bytes): Promise<Bytes> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(packed).arrayBuffer())
}
