import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import process from 'node:process'

// `node build/release/check-fuses.ts PROGRAM…`: fails if the fuses of a packaged program differ from the list
// below.

const wanted: readonly (readonly [FuseV1Options, FuseState])[] = [
  [FuseV1Options.RunAsNode, FuseState.DISABLE],
  [FuseV1Options.EnableCookieEncryption, FuseState.ENABLE],
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable, FuseState.DISABLE],
  [FuseV1Options.EnableNodeCliInspectArguments, FuseState.DISABLE],
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation, FuseState.ENABLE],
  [FuseV1Options.OnlyLoadAppFromAsar, FuseState.ENABLE],
  [FuseV1Options.GrantFileProtocolExtraPrivileges, FuseState.DISABLE],
]

const programs = process.argv.slice(2)
if (programs.length === 0) throw new Error('which programs?')
for (const program of programs) {
  const wire = await getCurrentFuseWire(program)
  const wrong = wanted.filter(([fuse, state]) => wire[fuse] !== state).map(([fuse]) => FuseV1Options[fuse])
  if (wrong.length > 0) throw new Error(`${program}: ${wrong.join(', ')} not as wanted`)
  console.log(`${program}: all ${wanted.length} fuses as wanted`)
}
