// Reads the golden requests, and writes each again: what has to mean the same to whoever else reads it.

import { stdout } from 'node:process'
import { base64 } from '../src/protocol/bytes'
import { writeRequest } from '../src/protocol/frames'
import { frames, golden, stream } from './golden'
import { readRequest } from './requests'

for (const name of frames('request-')) {
  const request = await readRequest(stream(golden('frames/' + name)))
  stdout.write(JSON.stringify({ name, written: base64(writeRequest(request)) }) + '\n')
}
