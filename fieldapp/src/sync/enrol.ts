import type { ID } from '../protocol/types'
import { isID } from '../protocol/uuid'
import { Failed } from '../store/failure'
import type { Enrolment } from '../store/office'
import { exchange, now, property, setProperty, type Identity } from '../store/properties'
import type { Transactions, Tx } from '../store/tx'
import { hasCode, protocolBroken } from './failures'
import { retire } from './former'
import type { Link } from './link'

/** Credentials are what the server gives who enrols, or who exchanges a token. */
type Credentials = Pick<Enrolment, 'access' | 'expiresIn' | 'refresh'>

/** Asks for an identity under a one-time code; device is the one that the tablet had, '' if none. If the server knows that,
 * it gives another one, under which the tablet goes on. */
export async function enrol(link: Link, code: string, device: ID): Promise<Enrolment> {
  return enrolment(await link.post('/api/v1/enrol', '', { code, ...(device === '' ? {} : { device }) }))
}

/** Makes the tablet who the server says that it is. It keeps all that it holds, and hands in under the identity that it had
 * what that recorded. */
export async function adopt(t: Tx, e: Enrolment): Promise<void> {
  const was = await property(t, 'identity')
  if (was && was.device !== e.device) await retire(t, was.device)
  const x = await exchange(t)
  const offset = e.serverTime > 0 ? e.serverTime - t.env.now() : x.offset
  await setProperty(t, 'exchange', { ...x, revoked: false, offset })
  await setProperty(t, 'identity', { device: e.device, name: e.name, holder: e.holder })
  await setTokens(t, e)
}

async function setTokens(t: Tx, c: Credentials): Promise<void> {
  const expires = now(t, await exchange(t)) + c.expiresIn * 1000
  await setProperty(t, 'tokens', { access: c.access, expires, refresh: c.refresh })
}

/** Has the server make the tablet somebody new, because somebody else writes under its identity. */
export async function newIdentity(store: Transactions, link: Link): Promise<void> {
  await authorised(store, link, async (me, access) => {
    const e = enrolment(await link.post('/api/v1/identity', access, {}))
    if (e.device === me.device) throw protocolBroken('it gives the tablet the identity that it has')
    await store.write((t) => adopt(t, e))
  })
}

/** Who the tablet is. It fails with not-enrolled. */
export async function identity(t: Tx): Promise<Identity> {
  const me = await property(t, 'identity')
  if (!me) throw new Failed('not-enrolled', 'no server has told the tablet who it is')
  return me
}

/** Calls act with an access token, and once more with a new one if it has expired. */
export async function authorised<T>(store: Transactions, link: Link, act: (me: Identity, access: string) => Promise<T>): Promise<T> {
  const { me, tokens, at } = await store.read(async (t) => {
    const tokens = (await property(t, 'tokens')) ?? { access: '', expires: 0, refresh: '' }
    return { me: await identity(t), tokens, at: now(t, await exchange(t)) }
  })
  if (at < tokens.expires) {
    try {
      return await act(me, tokens.access)
    } catch (err) {
      if (!hasCode(err, 'token_expired')) throw err
    }
  }
  return act(me, await rotate(store, link, me, tokens.refresh))
}

/** Gets new tokens. They are on disk before the new access token is used: until then the server takes the old refresh token
 * again, and a tablet that dies in between repeats it. Who was enrolled again meanwhile keeps the tokens of that. */
async function rotate(store: Transactions, link: Link, me: Identity, refresh: string): Promise<string> {
  const c = credentials(await link.post('/api/v1/token', '', { refresh }))
  await store.write(async (t) => {
    if ((await identity(t)).device === me.device) await setTokens(t, c)
  })
  return c.access
}

function credentials(x: unknown): Credentials {
  const { access, expires_in: expiresIn, refresh } = Object(x) as Record<string, unknown>
  if (typeof access !== 'string' || typeof refresh !== 'string' || typeof expiresIn !== 'number') {
    throw protocolBroken('it gives no tokens')
  }
  return { access, expiresIn, refresh }
}

function enrolment(x: unknown): Enrolment {
  const { device, name, holder, server_time: time } = Object(x) as Record<string, unknown>
  if (typeof device !== 'string' || !isID(device) || typeof holder !== 'string' || !isID(holder)) {
    throw protocolBroken('it gives no identity')
  }
  return { ...credentials(x), device, name: typeof name === 'string' ? name : '', holder, serverTime: typeof time === 'number' ? time : 0 }
}
