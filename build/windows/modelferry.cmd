@echo off
rem The command line of the installed app. A script waits for the program, so its exit code is the command's.
"%~dp0..\Modelferry.exe" --modelferry-command --disable-gpu --log-level=3 -- %*
exit /b %ERRORLEVEL%
