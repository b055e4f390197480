import { cleanLibraryPath } from '../contract/library-path.ts'
import type { Target } from '../contract/uploads.ts'
import { downloadSuffixes, extensionOf } from './file-names.ts'
import type { FoundGroup } from './model-groups.ts'
import type { FolderEvidence } from './kinds/folder-evidence.ts'

/** The type of what nobody could recognise: it goes up all the same, and its row says that the type is a guess. */
export const unknownType = 'other'

/** openapi.yaml, DisplayName and ModelType. */
const longestName = 255
const longestType = 50

export interface TargetEvidence {
  readonly name: string
  /** Folders inside the drop, `/`-separated, the dropped folder's own name first. */
  readonly folder: string
  readonly modelType: string | null
  readonly evidence: FolderEvidence | null
  /** The title that the header gives, if any. */
  readonly title: string | null
}

/** Where a file should go: `models/<type>/<its folders below the type's folder>/<its name>`, cleaned for the server. */
export function suggestTarget({ name, folder, modelType, evidence, title }: TargetEvidence): Target {
  const type = (modelType ?? unknownType).slice(0, longestType)
  // Below a folder of no known type, the dropped folder itself is only a container; what it sorts into is kept.
  const below = evidence ? evidence.below : folder.split('/').slice(1)
  const fileName = name === '' ? 'model' : name
  return {
    displayName: displayName(fileName, title),
    modelType: type,
    modelPath: cleanLibraryPath(['models', type, ...below, fileName].join('/')),
  }
}

/** A file of a diffusers model keeps its place below the model's folder: loaders look for it there. */
export function diffusersTarget(group: FoundGroup, name: string): Target {
  const inside = [...group.within, name]
  return {
    displayName: tidy(`${group.name}: ${inside.join('/')}`),
    modelType: 'diffusers',
    modelPath: cleanLibraryPath(['models', 'diffusers', group.name, ...inside].join('/')),
  }
}

/** Merges and fine-tunes carry the title of the model that they were made from. */
const inheritedTitle = /^stable diffusion/i

function displayName(fileName: string, title: string | null): string {
  const ownTitle = title === null ? '' : tidy(title)
  const fromFile = tidy(withoutExtension(fileName).replace(/[_\s]+/g, ' ')) || tidy(fileName) || 'model'
  const inherited = inheritedTitle.test(ownTitle) && !/^(sd|stable)/i.test(fileName)
  return ownTitle === '' || inherited ? fromFile : ownTitle
}

function tidy(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return [...plain].slice(0, longestName).join('').trim()
}

function withoutExtension(name: string): string {
  let rest = name
  // `model.safetensors.part` shows as `model`.
  while ((downloadSuffixes as readonly string[]).includes(extensionOf(rest)))
    rest = rest.slice(0, rest.lastIndexOf('.'))
  const extension = extensionOf(rest)
  // A version such as `v1.5` is no extension.
  return /^\.[a-z]\w{0,11}$/.test(extension) ? rest.slice(0, -extension.length) : rest
}
