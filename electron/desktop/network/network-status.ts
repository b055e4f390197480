import type { Conditions } from '../../contract/conditions.ts'

/** Which network the computer uses, and whether it is metered. */
export type NetworkStatus = Conditions['network']

export const unknownNetwork: NetworkStatus = { metered: 'unknown', line: null }
