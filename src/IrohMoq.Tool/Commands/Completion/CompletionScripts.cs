namespace IrohMoq.Tool.Commands.Completion;

/// <summary>
/// Contains the completion scripts. They pass the line and the position of the cursor to the <c>[suggest]</c> directive of the tool, which
/// prints the words that fit. Where no word fits, the shell completes file names.
/// </summary>
internal static class CompletionScripts
{
    public const string Bash =
        """
        # Completion of moq for bash: source <(moq completion bash)
        _moq() {
            local word=${COMP_WORDS[COMP_CWORD]}
            mapfile -t COMPREPLY < <(compgen -W "$("$1" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "$word")
        }
        complete -o default -F _moq moq

        """;

    public const string Zsh =
        """
        #compdef moq
        # Completion of moq for zsh: source <(moq completion zsh)
        _moq() {
            local line="${(j: :)words[1,CURRENT]}"
            local -a suggestions
            suggestions=(${(f)"$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)"})
            compadd -a suggestions || _files
        }
        compdef _moq moq

        """;

    public const string Fish =
        """
        # Completion of moq for fish: moq completion fish | source
        function __moq_suggestions
            set -l program (commandline -opc)[1]
            set -l line (commandline -cp | string collect)
            $program "[suggest:"(string length -- $line)"]" $line 2>/dev/null
        end
        complete -c moq -a '(__moq_suggestions)'

        """;
}
