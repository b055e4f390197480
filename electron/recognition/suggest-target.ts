import { cleanLibraryPath } from '../contract/library-path.ts'
import type { Target } from '../contract/uploads.ts'
import { downloadSuffixes, extensionOf } from './file-names.ts'
import type { FoundGroup } from './model-groups.ts'
import type { FolderEvidence } from './kinds/folder-evidence.ts'

/** The type of unrecognised files. They are uploaded too, and their row shows that the type is a guess. */
const unknownType = 'other'

/** In characters (docs.cyberun.cloud/api-reference/model/register-a-model-after-uploading). */
const maxNameLength = 255
const maxTypeLength = 50

export interface TargetEvidence {
  readonly name: string
  /** Folders from the dropped folder (included) to the file, `/`-separated. */
  readonly folder: string
  readonly modelType: string | null
  readonly evidence: FolderEvidence | null
  /** The title in the header, if any. */
  readonly title: string | null
}

/**
 * The suggested target: `models/<type>/<its folders below the type's folder>/<its name>`, cleaned for the
 * server.
 */
export function suggestTarget({ name, folder, modelType, evidence, title }: TargetEvidence): Target {
  const type = (modelType ?? unknownType).slice(0, maxTypeLength)
  // Without a folder of a known type, the dropped folder is only a container; its subfolders are kept.
  const below = evidence ? evidence.below : folder.split('/').slice(1)
  const fileName = name === '' ? 'model' : name
  return {
    displayName: displayName(fileName, title),
    modelType: type,
    modelPath: cleanLibraryPath(['models', type, ...below, fileName].join('/')),
  }
}

/** The target of a diffusers part: loaders need its relative path within the model's folder. */
export function diffusersTarget(group: FoundGroup, name: string): Target {
  const inside = [...group.within, name]
  return {
    displayName: normaliseText(`${group.name}: ${inside.join('/')}`),
    modelType: 'diffusers',
    modelPath: cleanLibraryPath(['models', 'diffusers', group.name, ...inside].join('/')),
  }
}

/** Merges and fine-tunes often keep the title of their base model. */
const inheritedTitle = /^stable diffusion/i

function displayName(fileName: string, title: string | null): string {
  const ownTitle = title === null ? '' : normaliseText(title)
  const fromFile =
    normaliseText(withoutExtension(fileName).replace(/[_\s]+/g, ' ')) || normaliseText(fileName) || 'model'
  const inherited = inheritedTitle.test(ownTitle) && !/^(sd|stable)/i.test(fileName)
  return ownTitle === '' || inherited ? fromFile : ownTitle
}

function normaliseText(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return [...plain].slice(0, maxNameLength).join('').trim()
}

function withoutExtension(name: string): string {
  let rest = name
  // `model.safetensors.part` is displayed as `model`.
  while ((downloadSuffixes as readonly string[]).includes(extensionOf(rest)))
    rest = rest.slice(0, rest.lastIndexOf('.'))
  const extension = extensionOf(rest)
  // A version such as `v1.5` isn't an extension.
  return /^\.[a-z]\w{0,11}$/.test(extension) ? rest.slice(0, -extension.length) : rest
}
