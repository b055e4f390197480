import type { FolderSearchResult } from '../scan/search-folder.ts'
import { isWithin } from '../../recognition/link-boundary.ts'

/** Whether a path is in one of these folders. */
export function isInUnreadFolder(path: string, unreadFolders: readonly string[]): boolean {
  return unreadFolders.some((folder) => isWithin(path, folder))
}

/** Those of the folders, or the folders in them, that are still unread after another search. */
export function stillUnread(
  unreadFolders: readonly string[],
  { incompleteReason, unread }: Omit<FolderSearchResult, 'models'>,
): readonly string[] {
  if (incompleteReason !== null) return unreadFolders
  return unreadFolders.flatMap((folder) =>
    isInUnreadFolder(folder, unread) ? [folder] : unread.filter((inner) => isWithin(inner, folder)),
  )
}
