/**
 * Roles of Cyberun Cloud: owners and admins manage a team's resources, members run workflows, viewers have
 * read access.
 */
export type Role = 'owner' | 'admin' | 'member' | 'viewer'

export type DemoTeam = { readonly id: string; readonly displayName: string; readonly role: Role }

export type DemoAccount = {
  readonly id: string
  readonly email: string
  readonly password: string
  readonly firstName: string
  readonly lastName: string
  readonly displayName: string
  readonly teams: readonly DemoTeam[]
}

// The team ids use both forms from the public pages, so that no client relies on one of them.
const alicesTeam = { id: '019abc12-4567-7890-abcd-ef1234567891', displayName: "Alice's Team" }
const studioNorth = { id: 'team_01JC4STUDIONORTH', displayName: 'Studio North' }
const bobsTeam = { id: '019abc12-4567-7890-abcd-ef1234567892', displayName: "Bob's Team" }

export const ALICE: DemoAccount = {
  id: '019abc12-3456-7890-abcd-ef1234567890',
  email: 'alice@example.com',
  password: 'correct-horse-1',
  firstName: 'Alice',
  lastName: 'Chen',
  displayName: 'Alice Chen',
  teams: [
    { ...alicesTeam, role: 'owner' },
    { ...studioNorth, role: 'admin' },
  ],
}

/** Bob only has read access to Studio North; his writes there get a 403. */
export const BOB: DemoAccount = {
  id: '019abc12-3456-7890-abcd-ef1234567893',
  email: 'bob@example.com',
  password: 'battery-staple-2',
  firstName: 'Bob',
  lastName: 'Okafor',
  displayName: 'Bob Okafor',
  teams: [
    { ...bobsTeam, role: 'owner' },
    { ...studioNorth, role: 'viewer' },
  ],
}

export const DEMO_ACCOUNTS: readonly DemoAccount[] = [ALICE, BOB]

export const ALICES_TEAM_ID = alicesTeam.id
export const STUDIO_NORTH_ID = studioNorth.id
export const BOBS_TEAM_ID = bobsTeam.id

/** Finds an account by its email address, ignoring case. */
export function accountByEmail(email: string): DemoAccount | undefined {
  return DEMO_ACCOUNTS.find((account) => account.email === email.toLowerCase())
}

export function accountById(id: string): DemoAccount | undefined {
  return DEMO_ACCOUNTS.find((account) => account.id === id)
}
