import type { FailureCode } from '../failures.ts'
import type { Message } from '../../messages/message.ts'
import { pickleFailures } from './pickles.ts'
import { failuresHere } from './failures-here.ts'
import { failuresLibrary } from './failures-library.ts'
import { serverFailures } from './failures-servers.ts'
import { updateFailures } from './failures-updates.ts'

/**
 * What happened, what stays safe, what to do. Each code of `failureKinds` has its sentence here, in English and in both
 * Chinese scripts; the compiler refuses a missing one.
 */
export const failureMessages = {
  ...failuresHere,
  ...pickleFailures,
  ...failuresLibrary,
  ...serverFailures,
  ...updateFailures,
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
  'failure.certificate-expired': [
    'The certificate of {host} isn’t valid at this computer’s date, so nothing was sent. Check this computer’s clock; if it is right, tell whoever runs the server. Then try again.',
    '按本机日期，{host} 的证书不在有效期内，因此未发送任何内容。请检查本机时钟；如时钟无误，请告知服务器管理者，然后重试。',
    '按本機日期，{host} 的憑證不在有效期內，因此未傳送任何內容。請檢查本機時鐘；如時鐘無誤，請告知伺服器管理者，然後重試。',
  ],
  'failure.certificate-wrong-name': [
    'Whoever answers at {host} shows a certificate for another name, so nothing was sent. Check the server address, or whether this network wants you to sign in first.',
    '在 {host} 应答的一方出示了其他名称的证书，因此未发送任何内容。请检查服务器地址，或该网络是否要求先登录。',
    '在 {host} 應答的一方出示了其他名稱的憑證，因此未傳送任何內容。請檢查伺服器位址，或該網路是否要求先登入。',
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
  'failure.pairing-over': [
    'This code has run out or was used already. Start again for a new one.',
    '该代码已过期或已被使用。请重新开始以获取新代码。',
    '該代碼已過期或已被使用。請重新開始以取得新代碼。',
  ],
  'failure.key-of-api': [
    'This is an API key (sk-…). It can run workflows but can’t upload, so it was not sent. Pair in the browser, or use a device key (dk-…).',
    '这是 API 密钥（sk-…）。它可以运行工作流但不能上传，因此没有发送。请在浏览器中配对，或使用设备密钥（dk-…）。',
    '這是 API 金鑰（sk-…）。它可以執行工作流程但不能上傳，因此沒有傳送。請在瀏覽器中配對，或使用裝置金鑰（dk-…）。',
  ],
  'failure.key-of-agent': [
    'This is an agent’s key (ak-…). It enrols GPU machines but can’t upload, so it was not sent. Pair in the browser, or use a device key (dk-…).',
    '这是代理密钥（ak-…）。它用于接入 GPU 机器，不能上传，因此没有发送。请在浏览器中配对，或使用设备密钥（dk-…）。',
    '這是代理金鑰（ak-…）。它用於接入 GPU 機器，不能上傳，因此沒有傳送。請在瀏覽器中配對，或使用裝置金鑰（dk-…）。',
  ],
  'failure.key-unknown': [
    'This is no device key: one begins with dk- and has no spaces. It was not sent.',
    '这不是设备密钥：设备密钥以 dk- 开头且不含空格。它没有被发送。',
    '這不是裝置金鑰：裝置金鑰以 dk- 開頭且不含空格。它沒有被傳送。',
  ],
  'failure.key-refused': [
    'The server doesn’t know this key: it was revoked, it isn’t whole, or it belongs to another server. Nothing was kept.',
    '服务器不认识该密钥：可能已被撤销、不完整，或属于其他服务器。未保存任何内容。',
    '伺服器不認識該金鑰：可能已被撤銷、不完整，或屬於其他伺服器。未儲存任何內容。',
  ],
  'failure.device-not-revoked': [
    'You are signed out here and the key is erased, but {host} could not be told. Until you revoke this device on its website, the key stays good for whoever has a copy.',
    '您已在此退出登录，密钥也已删除，但无法通知 {host}。在其网站上撤销此设备之前，持有副本的人仍可使用该密钥。',
    '您已在此登出，金鑰也已刪除，但無法通知 {host}。在其網站上撤銷此裝置之前，持有副本的人仍可使用該金鑰。',
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
  'failure.answer-garbled': [
    'The server’s answer arrived incomplete. Nothing is lost; it is asked again by itself.',
    '服务器的响应不完整。没有任何丢失，会自动重新询问。',
    '伺服器的回應不完整。沒有任何遺失，會自動重新詢問。',
  ],
  'failure.upload-ended': [
    'The server had given up this upload. The file is safe; {lostBytes} that were sent already go out once more, by themselves.',
    '服务器已放弃此上传。文件是安全的；已发送的 {lostBytes} 会自动重新发送。',
    '伺服器已放棄此上傳。檔案是安全的；已傳送的 {lostBytes} 會自動重新傳送。',
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
  'failure.storage-differs': [
    'Storage says twice that it holds other bytes than were sent. Nothing was added to the library, and the file on this computer is safe. Try again on another network; if it stays so, ask your team admin.',
    '存储两次表明其保存的内容与发送的内容不同。资料库未作任何添加，本机上的文件是安全的。请换一个网络重试；若仍如此，请询问团队管理员。',
    '儲存兩次表明其保存的內容與傳送的內容不同。資料庫未作任何新增，本機上的檔案是安全的。請換一個網路重試；若仍如此，請詢問團隊管理員。',
  ],
  'failure.clock-wrong': [
    'Storage refused the file because its clock and the server’s are at least {minutes, plural, one {# minute} other {# minutes}} apart. What was sent is safe. Tell whoever runs the server, then try again.',
    '存储拒绝了该文件，因为存储与服务器的时钟相差至少 {minutes} 分钟。已发送的内容是安全的。请告知服务器管理者，然后重试。',
    '儲存拒絕了該檔案，因為儲存與伺服器的時鐘相差至少 {minutes} 分鐘。已傳送的內容是安全的。請告知伺服器管理者，然後重試。',
  ],
  'failure.bytes-differ': [
    'What was sent isn’t what was read from the disk a moment later. Nothing was added to the library. Check the disk, then try again.',
    '发送的内容与随后从磁盘读取的不一致。资料库未作任何添加。请检查磁盘后重试。',
    '傳送的內容與隨後從磁碟讀取的不一致。資料庫未作任何新增。請檢查磁碟後重試。',
  ],
} as const satisfies Record<`failure.${FailureCode}`, Message>
