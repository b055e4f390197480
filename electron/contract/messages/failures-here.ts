import type { Message } from '../../messages/message.ts'

/** Failures whose cause is on this computer: its files and disks, what was asked for, the queue, the keychain, the app. */
export const failuresHere = {
  'failure.file-missing': [
    'The file is no longer where it was. Put it back (or plug its disk in) and try again.',
    '文件已不在原来的位置。请放回原处（或接上它所在的磁盘）后重试。',
    '檔案已不在原來的位置。請放回原處（或接上它所在的磁碟）後重試。',
  ],
  'failure.file-unreadable': [
    'The file can’t be read. Another program may hold it, or you may lack permission. Free it and try again.',
    '无法读取该文件。可能被其他程序占用，或没有权限。请解除占用后重试。',
    '無法讀取該檔案。可能被其他程式佔用，或沒有權限。請解除佔用後重試。',
  ],
  'failure.file-read-trouble': [
    'The disk could not read the file ({problem}). Nothing was added to the library. Check the disk or its cable, then try again.',
    '磁盘无法读取该文件（{problem}）。资料库未作任何添加。请检查磁盘或连接线后重试。',
    '磁碟無法讀取該檔案（{problem}）。資料庫未作任何新增。請檢查磁碟或連接線後重試。',
  ],
  'failure.file-changed': [
    'The file changed while it was being sent. Nothing was added to the library. Try again to send it as it is now.',
    '文件在发送过程中发生了变化。资料库未作任何添加。重试即可发送当前内容。',
    '檔案在傳送過程中發生了變化。資料庫未作任何新增。重試即可傳送目前內容。',
  ],
  'failure.file-empty': [
    'The file is empty (0 bytes). Download it again, then try again.',
    '文件是空的（0 字节）。请重新下载后再试。',
    '檔案是空的（0 位元組）。請重新下載後再試。',
  ],
  'failure.file-hollow': [
    'The file begins with nothing but zeros: a download that was never filled. Download it again, then try again.',
    '文件开头全是零：这是一个未完成的下载。请重新下载后再试。',
    '檔案開頭全是零：這是一個未完成的下載。請重新下載後再試。',
  ],
  'failure.file-cut-short': [
    'The file is cut short: {missingBytes} are missing. Download it again, then try again.',
    '文件不完整：缺少 {missingBytes}。请重新下载后再试。',
    '檔案不完整：缺少 {missingBytes}。請重新下載後再試。',
  ],
  'failure.file-too-long': [
    'The file has {extraBytes} more than its header says, so it would not load. Download it again, then try again.',
    '文件比其头部声明的多出 {extraBytes}，因此无法加载。请重新下载后再试。',
    '檔案比其標頭宣告的多出 {extraBytes}，因此無法載入。請重新下載後再試。',
  ],
  'failure.file-pointer': [
    'This is a Git LFS pointer, not the model: a small text that stands in its place. Fetch the real file ({realBytes}) and try again.',
    '这是 Git LFS 指针，而不是模型本身。请获取真正的文件（{realBytes}）后重试。',
    '這是 Git LFS 指標，而不是模型本身。請取得真正的檔案（{realBytes}）後重試。',
  ],
  'failure.file-web-page': [
    'This is a saved web page or error message, not a model. Download the model itself, then try again.',
    '这是保存下来的网页或错误信息，而不是模型。请下载模型本身后重试。',
    '這是儲存下來的網頁或錯誤訊息，而不是模型。請下載模型本身後重試。',
  ],
  'failure.file-downloading': [
    'The file is still being downloaded. It can be sent once it is complete.',
    '文件仍在下载中。下载完成后即可发送。',
    '檔案仍在下載中。下載完成後即可傳送。',
  ],
  'failure.file-being-written': [
    'The file is still being written. It is looked at again every few seconds, and goes by itself once it is whole.',
    '文件仍在写入中。每隔几秒会重新检查，完整后将自动发送。',
    '檔案仍在寫入中。每隔幾秒會重新檢查，完整後將自動傳送。',
  ],
  'failure.file-damaged-header': [
    'The file’s header is damaged, so it would not load ({problem}). Download it again, then try again.',
    '文件头部已损坏，无法加载（{problem}）。请重新下载后再试。',
    '檔案標頭已損壞，無法載入（{problem}）。請重新下載後再試。',
  ],
  'failure.file-misnamed': [
    'Its name ends in {extension}, but it holds {holds, select, safetensors {safetensors} gguf {GGUF} pickle {a Python pickle} other {a zip archive}}: a program that goes by the name could not load it. Give it the ending of what it holds and add it again.',
    '其名称以 {extension} 结尾，但内容是 {holds, select, safetensors {safetensors} gguf {GGUF} pickle {Python pickle} other {zip 压缩包}}：按名称识别的程序无法加载它。请将扩展名改为与内容相符，然后重新添加。',
    '其名稱以 {extension} 結尾，但內容是 {holds, select, safetensors {safetensors} gguf {GGUF} pickle {Python pickle} other {zip 壓縮檔}}：依名稱識別的程式無法載入它。請將副檔名改為與內容相符，然後重新新增。',
  ],
  'failure.file-no-path': [
    'This isn’t a file on this computer. Drag it from your file manager.',
    '这不是本机上的文件。请从文件管理器中拖入。',
    '這不是本機上的檔案。請從檔案管理員中拖入。',
  ],
  'failure.disk-missing': [
    'Waiting for {folder}: its disk is unplugged, or the folder was moved. What was sent is safe; it goes on by itself once the folder is back.',
    '正在等待 {folder}：其磁盘已断开，或该文件夹已被移动。已发送的内容是安全的；文件夹恢复后会自动继续。',
    '正在等待 {folder}：其磁碟已中斷連接，或該資料夾已被移動。已傳送的內容是安全的；資料夾恢復後會自動繼續。',
  ],
  'failure.target-path': [
    'The server doesn’t take this library path. Change it, then it can be sent.',
    '服务器不接受该资料库路径。请修改后再发送。',
    '伺服器不接受該資料庫路徑。請修改後再傳送。',
  ],
  'failure.target-name': [
    'The name must have 1 to 255 characters. Change it, then it can be sent.',
    '名称须为 1 到 255 个字符。请修改后再发送。',
    '名稱須為 1 到 255 個字元。請修改後再傳送。',
  ],
  'failure.target-type': [
    'The type must have 1 to 50 characters. Change it, then it can be sent.',
    '类型须为 1 到 50 个字符。请修改后再发送。',
    '類型須為 1 到 50 個字元。請修改後再傳送。',
  ],
  'failure.already-begun': [
    'It has begun, so its name, type and path stay as they are. They can be changed in the library once it is there.',
    '已开始发送，因此名称、类型和路径保持不变。入库后可在资料库中更改。',
    '已開始傳送，因此名稱、類型和路徑維持不變。入庫後可在資料庫中變更。',
  ],
  'failure.file-elsewhere': [
    'What you opened lies on a share or a device that isn’t mounted as a folder here, so it was not added. Mount it, or copy the files to this computer, and add them from there.',
    '您打开的内容位于未挂载为文件夹的共享或设备上，因此未添加。请先挂载，或将文件复制到这台电脑，然后从那里添加。',
    '您開啟的內容位於未掛載為資料夾的共用或裝置上，因此未加入。請先掛載，或將檔案複製到這台電腦，然後從那裡加入。',
  ],
  'failure.keychain-absent': [
    'This computer has no keychain to keep your sign-in. You stay signed in until you quit.',
    '这台电脑没有可保存登录信息的钥匙串。退出应用前您将保持登录。',
    '這台電腦沒有可儲存登入資訊的鑰匙圈。結束應用程式前您將保持登入。',
  ],
  'failure.keychain-locked': [
    'The keychain is locked. Unlock it or sign in again; nothing is lost.',
    '钥匙串已锁定。请解锁或重新登录，没有任何丢失。',
    '鑰匙圈已鎖定。請解鎖或重新登入，沒有任何遺失。',
  ],
  'failure.keychain-slow': [
    'The keychain doesn’t answer. Unlock it or sign in again; nothing is lost.',
    '钥匙串没有响应。请解锁或重新登录，没有任何丢失。',
    '鑰匙圈沒有回應。請解鎖或重新登入，沒有任何遺失。',
  ],
  'failure.journal-full': [
    'The disk that keeps the queue is full, so nothing more is written or sent. Free some space: what waits goes on by itself; add anew what isn’t in the list.',
    '保存队列的磁盘已满，因此暂停写入和发送。请腾出空间：等待中的内容会自动继续；列表中没有的请重新添加。',
    '儲存佇列的磁碟已滿，因此暫停寫入和傳送。請騰出空間：等待中的內容會自動繼續；清單中沒有的請重新新增。',
  ],
  'failure.journal-trouble': [
    'The queue can’t be written down right now, so nothing new was taken in. Try again.',
    '暂时无法保存队列，因此没有接收新的内容。请重试。',
    '暫時無法儲存佇列，因此沒有接收新的內容。請重試。',
  ],
  'failure.folder-no-index': [
    'This folder has no model_index.json, so it is no model in the form of diffusers. Choose the folder in which that file lies.',
    '此文件夹中没有 model_index.json，因此不是 diffusers 格式的模型。请选择包含该文件的文件夹。',
    '此資料夾中沒有 model_index.json，因此不是 diffusers 格式的模型。請選擇包含該檔案的資料夾。',
  ],
  'failure.folder-unreadable': [
    'This folder can’t be read. Plug its disk in, or allow this app to read it, then try again.',
    '无法读取此文件夹。请接上其所在磁盘，或允许此应用读取它，然后重试。',
    '無法讀取此資料夾。請接上其所在磁碟，或允許此應用程式讀取它，然後重試。',
  ],
  'failure.already-watched': [
    '{folder} is watched for {team} already, and each new file would go there twice. Stop watching one of the two first.',
    '{folder} 已为 {team} 监视，否则每个新文件会发送两次。请先停止监视其中一个。',
    '{folder} 已為 {team} 監看，否則每個新檔案會傳送兩次。請先停止監看其中一個。',
  ],
  'failure.folder-too-large': [
    'This folder is too large or too slow to be looked through. Choose the folder inside it where new models arrive.',
    '此文件夹过大或过慢，无法完整查看。请选择其中存放新模型的子文件夹。',
    '此資料夾過大或過慢，無法完整檢視。請選擇其中存放新模型的子資料夾。',
  ],
  'failure.journal-damaged': [
    'The file of the queue was damaged, so a new one was begun. The old one is kept as {file} in the app’s data folder. The library is untouched; add again what is missing from the list.',
    '队列文件已损坏，因此新建了一个。旧文件以 {file} 保存在应用的数据文件夹中。资料库未受影响；请重新添加列表中缺少的内容。',
    '佇列檔案已損壞，因此新建了一個。舊檔案以 {file} 保存在應用程式的資料夾中。資料庫未受影響；請重新新增清單中缺少的內容。',
  ],
  'failure.bad-server-address': [
    'This isn’t an address a server can have. Use https://… (http only for this computer).',
    '这不是有效的服务器地址。请使用 https://…（仅本机可用 http）。',
    '這不是有效的伺服器位址。請使用 https://…（僅本機可用 http）。',
  ],
  'failure.bad-call': [
    'The app asked itself for something it doesn’t understand. Nothing was changed.',
    '应用向自身发出了无法识别的请求。没有任何更改。',
    '應用程式向自身發出了無法識別的請求。沒有任何變更。',
  ],
  'failure.unexpected': [
    'Something went wrong in the app itself. Nothing was added to the library. Try again; the log has the details.',
    '应用自身出现错误。资料库未作任何添加。请重试；日志中有详细信息。',
    '應用程式本身發生錯誤。資料庫未作任何新增。請重試；記錄檔中有詳細資訊。',
  ],
} as const satisfies Record<`failure.${string}`, Message>
