; Per-user installation on Windows, without administrator rights. Included by electron-builder's script.

; Name of Electron's login item: defaults to the app's id (electronjs.org, app.setLoginItemSettings).
!define LOGIN_ITEM "app.modelferry.Modelferry"
!define RUN_KEY "Software\Microsoft\Windows\CurrentVersion\Run"
!define APPROVED_KEY "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"

; The script is compiled twice; an unused variable in either build causes a warning, and warnings are errors.
!ifdef BUILD_UNINSTALLER
  Var removeData
!endif

; Adds Modelferry to "Open with" for model files of this user, without changing the default app.
!macro customInstall
  WriteRegStr HKCU "Software\Classes\Modelferry.Model" "" "AI model"
  WriteRegStr HKCU "Software\Classes\Modelferry.Model\DefaultIcon" "" "$INSTDIR\${APP_EXECUTABLE_FILENAME},0"
  WriteRegStr HKCU "Software\Classes\Modelferry.Model\shell\open\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" "%1"'
  WriteRegStr HKCU "Software\Classes\.safetensors\OpenWithProgids" "Modelferry.Model" ""
  WriteRegStr HKCU "Software\Classes\.gguf\OpenWithProgids" "Modelferry.Model" ""
  ; Adds Modelferry to "Send to" for files and folders. An update does not restore it if the user has removed
  ; it.
  ${IfNot} ${isUpdated}
    CreateShortCut "$APPDATA\Microsoft\Windows\SendTo\Modelferry.lnk" "$INSTDIR\${APP_EXECUTABLE_FILENAME}"
  ${EndIf}
  ; The app's own links. After -- nothing is parsed as a switch, whatever a web page puts into the link.
  WriteRegStr HKCU "Software\Classes\modelferry" "" "URL:Modelferry"
  WriteRegStr HKCU "Software\Classes\modelferry" "URL Protocol" ""
  WriteRegStr HKCU "Software\Classes\modelferry\shell\open\command" "" '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" -- "%1"'
!macroend

; An update runs the old version's uninstaller: then, and in silent mode (/S), nothing is asked and no user
; data is removed.
!macro customUnInit
  StrCpy $removeData "no"
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "/S" $R1
  ${If} ${Errors}
    ClearErrors
    ${GetOptions} $R0 "--updated" $R1
    ${If} ${Errors}
      MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Also delete your settings, upload queue and history?$\r$\n$\r$\nUnfinished uploads can't be resumed. The model files on this computer are not deleted." IDNO keepData
      StrCpy $removeData "yes"
      keepData:
    ${EndIf}
  ${EndIf}
  ClearErrors
!macroend

!macro customUnInstall
  ${GetParameters} $R0
  ClearErrors
  ${GetOptions} $R0 "--updated" $R1
  ; The old version still needs these entries if an update is aborted after this.
  ${If} ${Errors}
    DeleteRegValue HKCU "Software\Classes\.safetensors\OpenWithProgids" "Modelferry.Model"
    DeleteRegValue HKCU "Software\Classes\.gguf\OpenWithProgids" "Modelferry.Model"
    DeleteRegKey HKCU "Software\Classes\Modelferry.Model"
    DeleteRegKey HKCU "Software\Classes\modelferry"
    DeleteRegValue HKCU "${RUN_KEY}" "${LOGIN_ITEM}"
    DeleteRegValue HKCU "${APPROVED_KEY}" "${LOGIN_ITEM}"
    Delete "$APPDATA\Microsoft\Windows\SendTo\Modelferry.lnk"
  ${EndIf}
  ClearErrors
  ${If} $removeData == "yes"
    ; Sign-ins are stored by Windows, not in the app's folders, so the app removes them while it still exists.
    ; Without a connection the command fails, which is ignored.
    nsExec::Exec /TIMEOUT=30000 '"$INSTDIR\${APP_EXECUTABLE_FILENAME}" --modelferry-command --disable-gpu -- logout'
    Pop $R0
    RMDir /r "$APPDATA\Modelferry"
    RMDir /r "$LOCALAPPDATA\Modelferry"
    RMDir /r "$LOCALAPPDATA\modelferry-updater"
  ${EndIf}
!macroend
