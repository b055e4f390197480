import type { FailureCode } from '../errors.ts'
import type { Message } from '../message.ts'

/**
 * What happened, what stays safe, what to do. Each code of `failureKinds` has its sentence here, in English and in both
 * Chinese scripts; the compiler refuses a missing one.
 */
export const failureMessages = {
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
  'failure.file-damaged-header': [
    'The file’s header is damaged, so it would not load ({problem}). Download it again, then try again.',
    '文件头部已损坏，无法加载（{problem}）。请重新下载后再试。',
    '檔案標頭已損壞，無法載入（{problem}）。請重新下載後再試。',
  ],
  'failure.file-no-path': [
    'This isn’t a file on this computer. Drag it from your file manager.',
    '这不是本机上的文件。请从文件管理器中拖入。',
    '這不是本機上的檔案。請從檔案管理員中拖入。',
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
  'failure.too-large-for-device': [
    'Sign in with your password to send files over {limitBytes}. This file has {sizeBytes}.',
    '发送超过 {limitBytes} 的文件需用密码登录。该文件为 {sizeBytes}。',
    '傳送超過 {limitBytes} 的檔案需用密碼登入。該檔案為 {sizeBytes}。',
  ],
  'failure.too-large-for-storage': [
    'The file has {sizeBytes}, more than storage can hold as one object ({limitBytes}).',
    '文件为 {sizeBytes}，超过存储单个对象的上限（{limitBytes}）。',
    '檔案為 {sizeBytes}，超過儲存單一物件的上限（{limitBytes}）。',
  ],
  'failure.no-team': [
    'Choose a team first: sign in, then add the file again.',
    '请先选择团队：登录后再添加文件。',
    '請先選擇團隊：登入後再新增檔案。',
  ],
  'failure.offline': [
    'No connection. Everything is safe; sending goes on by itself when the line is back.',
    '没有网络连接。一切安全，恢复连接后会自动继续发送。',
    '沒有網路連線。一切安全，恢復連線後會自動繼續傳送。',
  ],
  'failure.name-not-found': [
    'The address {host} can’t be found. Check the connection; uploads go on by themselves once it answers.',
    '找不到地址 {host}。请检查网络连接；恢复后上传会自动继续。',
    '找不到位址 {host}。請檢查網路連線；恢復後上傳會自動繼續。',
  ],
  'failure.connection-lost': [
    'The line dropped. Nothing is lost; uploads are tried again by themselves.',
    '连接中断。没有任何丢失，上传会自动重试。',
    '連線中斷。沒有任何遺失，上傳會自動重試。',
  ],
  'failure.timed-out': [
    'No answer came in time. Nothing is lost; uploads are tried again by themselves.',
    '未及时收到响应。没有任何丢失，上传会自动重试。',
    '未及時收到回應。沒有任何遺失，上傳會自動重試。',
  ],
  'failure.certificate-untrusted': [
    'The certificate of {host} isn’t trusted, so nothing was sent. Check the server address, or ask who runs it.',
    '{host} 的证书不受信任，因此未发送任何内容。请检查服务器地址，或询问其管理者。',
    '{host} 的憑證不受信任，因此未傳送任何內容。請檢查伺服器位址，或詢問其管理者。',
  ],
  'failure.login-refused': [
    'Signing in was refused. The e-mail or password is wrong, the address isn’t verified yet, or the account is disabled; the server doesn’t say which.',
    '登录被拒绝。可能是邮箱或密码有误、邮箱尚未验证，或账户已停用；服务器不会说明具体原因。',
    '登入被拒絕。可能是電子郵件或密碼有誤、電子郵件尚未驗證，或帳戶已停用；伺服器不會說明具體原因。',
  ],
  'failure.signed-out': [
    'You’re signed out. Sign in again and it goes on from here; nothing is lost.',
    '您已退出登录。重新登录后会从此处继续，没有任何丢失。',
    '您已登出。重新登入後會從此處繼續，沒有任何遺失。',
  ],
  'failure.forbidden': [
    'The server doesn’t allow this for you in {team}. Ask a team admin for the right to add models, then try again.',
    '服务器不允许您在 {team} 中执行此操作。请向团队管理员申请添加模型的权限后重试。',
    '伺服器不允許您在 {team} 中執行此操作。請向團隊管理員申請新增模型的權限後重試。',
  ],
  'failure.bad-request': [
    'The server doesn’t accept this as it is. Change the name, type or path, then try again.',
    '服务器不接受当前内容。请修改名称、类型或路径后重试。',
    '伺服器不接受目前內容。請修改名稱、類型或路徑後重試。',
  ],
  'failure.not-found': [
    'The server no longer knows this upload. Try again to send it anew.',
    '服务器已不再识别此上传。请重试以重新发送。',
    '伺服器已不再識別此上傳。請重試以重新傳送。',
  ],
  'failure.conflict': [
    'The library already has a model at this path. Change the path, then it can be sent.',
    '资料库中该路径已有模型。请修改路径后再发送。',
    '資料庫中該路徑已有模型。請修改路徑後再傳送。',
  ],
  'failure.too-large-for-server': [
    'The file has {sizeBytes}, more than this server accepts. Its operator sets that limit.',
    '文件为 {sizeBytes}，超过该服务器的接受上限。此上限由其运营方设置。',
    '檔案為 {sizeBytes}，超過該伺服器的接受上限。此上限由其營運方設定。',
  ],
  'failure.rate-limited': [
    'The server asks to go slower. Everything waits a moment and goes on by itself.',
    '服务器要求放慢速度。稍等片刻后会自动继续。',
    '伺服器要求放慢速度。稍等片刻後會自動繼續。',
  ],
  'failure.server-trouble': [
    'The server has trouble ({status}). Nothing is lost; uploads are tried again by themselves.',
    '服务器出现问题（{status}）。没有任何丢失，上传会自动重试。',
    '伺服器出現問題（{status}）。沒有任何遺失，上傳會自動重試。',
  ],
  'failure.parts-do-not-fit': [
    'The server wants {partCount} parts of {partSizeBytes} for a file of {sizeBytes}, which storage can’t take. Nothing was sent; tell whoever runs the server.',
    '服务器要求将 {sizeBytes} 的文件分为 {partCount} 段、每段 {partSizeBytes}，存储无法接受。未发送任何内容；请告知服务器管理者。',
    '伺服器要求將 {sizeBytes} 的檔案分為 {partCount} 段、每段 {partSizeBytes}，儲存無法接受。未傳送任何內容；請告知伺服器管理者。',
  ],
  'failure.not-the-api': [
    'The answer didn’t come from Cyberun Cloud: a login page of the network, or a wrong server address. Uploads are tried again by themselves.',
    '响应并非来自 Cyberun Cloud：可能是网络登录页面，或服务器地址有误。上传会自动重试。',
    '回應並非來自 Cyberun Cloud：可能是網路登入頁面，或伺服器位址有誤。上傳會自動重試。',
  ],
  'failure.storage-refused': [
    'Storage refused the file twice with fresh permission. Try again later, or ask your team admin.',
    '存储在重新授权后仍两次拒绝该文件。请稍后重试，或询问团队管理员。',
    '儲存在重新授權後仍兩次拒絕該檔案。請稍後重試，或詢問團隊管理員。',
  ],
  'failure.storage-occupied': [
    'Storage already holds something at this place. A new place is taken by itself.',
    '存储中该位置已有内容。会自动换用新位置。',
    '儲存中該位置已有內容。會自動換用新位置。',
  ],
  'failure.storage-busy': [
    'Storage is busy. Nothing is lost; it is tried again by itself.',
    '存储繁忙。没有任何丢失，会自动重试。',
    '儲存繁忙。沒有任何遺失，會自動重試。',
  ],
  'failure.storage-trouble': [
    'Storage has trouble ({status}). Nothing is lost; it is tried again by itself.',
    '存储出现问题（{status}）。没有任何丢失，会自动重试。',
    '儲存出現問題（{status}）。沒有任何遺失，會自動重試。',
  ],
  'failure.bytes-differ': [
    'What was sent isn’t what was read from the disk a moment later. Nothing was added to the library. Check the disk, then try again.',
    '发送的内容与随后从磁盘读取的不一致。资料库未作任何添加。请检查磁盘后重试。',
    '傳送的內容與隨後從磁碟讀取的不一致。資料庫未作任何新增。請檢查磁碟後重試。',
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
    'The disk that keeps the queue is full. Free some space, then try again.',
    '保存队列的磁盘已满。请腾出空间后重试。',
    '儲存佇列的磁碟已滿。請騰出空間後重試。',
  ],
  'failure.journal-trouble': [
    'The queue can’t be written down right now, so nothing new was taken in. Try again.',
    '暂时无法保存队列，因此没有接收新的内容。请重试。',
    '暫時無法儲存佇列，因此沒有接收新的內容。請重試。',
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
} as const satisfies Record<`failure.${FailureCode}`, Message>
