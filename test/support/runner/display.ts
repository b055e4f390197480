import { once } from 'node:events'
import { connect } from 'node:net'
import type { NetConnectOpts } from 'node:net'
import { resolve } from 'node:path'
import process from 'node:process'

const answerLimitMs = 2_000

/**
 * Whether a window can be opened: a display is named and answers. The name alone may be left over, as in a terminal
 * whose SSH connection has ended.
 */
export async function hasDisplay(environment: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  if (process.platform !== 'linux') return true
  const answers = await Promise.all(addressesOf(environment).map(doesAnswer))
  return answers.includes(true)
}

function addressesOf({
  DISPLAY = '',
  WAYLAND_DISPLAY,
  XDG_RUNTIME_DIR = '',
}: NodeJS.ProcessEnv): NetConnectOpts[] {
  const wayland = WAYLAND_DISPLAY ? [{ path: resolve(XDG_RUNTIME_DIR, WAYLAND_DISPLAY) }] : []
  const [, host = '', number] = /^(.*):(\d+)/.exec(DISPLAY) ?? []
  if (number === undefined) return wayland
  if (host !== '' && host !== 'unix') return [...wayland, { host, port: 6000 + Number(number) }]
  const path = `/tmp/.X11-unix/X${number}`
  // An X server may have only the socket with the abstract name.
  return [...wayland, { path }, { path: `\0${path}` }]
}

async function doesAnswer(address: NetConnectOpts): Promise<boolean> {
  const socket = connect(address)
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(answerLimitMs) })
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
