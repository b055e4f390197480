import type { Message } from '../../messages/message.ts'

/** Why a newer version of the app did not come. Whatever happens to it, the queue stays. */
export const updateFailures = {
  'failure.update-unreachable': [
    'The place of updates did not answer. This version goes on as it is; the app tries again by itself.',
    '更新服务器没有响应。当前版本照常运行；应用会自行重试。',
    '更新伺服器沒有回應。目前版本照常執行；應用程式會自行重試。',
  ],
  'failure.update-missing': [
    'No updates are published where this version looks for them. It goes on as it is; newer ones are at modelferry.app.',
    '此版本查找更新的位置没有发布更新。当前版本照常运行；新版本可在 modelferry.app 获取。',
    '此版本尋找更新的位置沒有發佈更新。目前版本照常執行；新版本可在 modelferry.app 取得。',
  ],
  'failure.update-garbled': [
    'What is said about the newest version can’t be read, so nothing was downloaded. This version goes on as it is; the app tries again tomorrow.',
    '无法读取有关最新版本的信息，因此未下载任何内容。当前版本照常运行；应用明天会重试。',
    '無法讀取有關最新版本的資訊，因此未下載任何內容。目前版本照常執行；應用程式明天會重試。',
  ],
  'failure.update-unsigned': [
    'The update isn’t signed by Modelferry’s makers, so nothing was downloaded. This version goes on as it is. If it happens again tomorrow, get the newest one from modelferry.app.',
    '该更新没有 Modelferry 开发者的签名，因此未下载任何内容。当前版本照常运行。如果明天再次发生，请从 modelferry.app 获取最新版本。',
    '該更新沒有 Modelferry 開發者的簽章，因此未下載任何內容。目前版本照常執行。如果明天再次發生，請從 modelferry.app 取得最新版本。',
  ],
  'failure.update-damaged': [
    'The downloaded update was damaged and has been thrown away. Uploads and settings are untouched; try again.',
    '下载的更新已损坏并已删除。上传和设置未受影响；请重试。',
    '下載的更新已損壞並已刪除。上傳和設定未受影響；請重試。',
  ],
  'failure.update-cut': [
    'The download of the update broke off. This version goes on as it is; try again.',
    '更新下载中断。当前版本照常运行；请重试。',
    '更新下載中斷。目前版本照常執行；請重試。',
  ],
  'failure.update-not-writable': [
    'Modelferry may not write where this version lies, so the update was not installed and nothing was stopped. Move it into a folder of your own, on a Mac into Applications, and start it from there.',
    '当前版本所在的位置不允许 Modelferry 写入，因此未安装更新，上传也未停止。请将其移到您自己的文件夹（Mac 上为“应用程序”），然后从那里启动。',
    '目前版本所在的位置不允許 Modelferry 寫入，因此未安裝更新，上傳也未停止。請將它移到您自己的資料夾（Mac 上為「應用程式」），然後從那裡啟動。',
  ],
  'failure.update-not-installed': [
    'The update could not take this version’s place. The queue is untouched. Get the newest one from modelferry.app, or try again.',
    '更新无法替换当前版本。队列未受影响。请从 modelferry.app 获取最新版本，或重试。',
    '更新無法取代目前版本。佇列未受影響。請從 modelferry.app 取得最新版本，或重試。',
  ],
} as const satisfies Record<`failure.${string}`, Message>
