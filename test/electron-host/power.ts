import { host } from './state.ts'
import { strict, strictEmitter } from './strict.ts'

const running = new Map<number, string>()
let lastId = 0

export const powerSaveBlocker = strict('powerSaveBlocker', {
  start(type: string): number {
    const id = ++lastId
    running.set(id, type)
    host.record('power-save-start', { id, type })
    return id
  },
  stop(id: number): boolean {
    host.record('power-save-stop', { id })
    return running.delete(id)
  },
  isStarted: (id: number) => running.has(id),
})

/** Never suspends by itself: tests emit `suspend` and `resume`. */
export const powerMonitor = strictEmitter('powerMonitor', {
  getSystemIdleTime: () => 0,
  getSystemIdleState: () => 'active',
  getCurrentThermalState: () => 'unknown',
  isOnBatteryPower: () => false,
  onBatteryPower: false,
})

/** As on Linux: without an earlier listener for another event, the system isn't asked to wait for the app. */
const emit = powerMonitor.emit.bind(powerMonitor)
powerMonitor.emit = (name, ...values) => {
  const isAsked = name !== 'shutdown' || powerMonitor.eventNames()[0] !== 'shutdown'
  return isAsked && emit(name, ...values)
}
