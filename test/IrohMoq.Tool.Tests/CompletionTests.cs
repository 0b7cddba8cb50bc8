namespace IrohMoq.Tool.Tests;

/// <summary>The script of <c>moq completion bash</c>, in a real bash.</summary>
public class CompletionTests
{
    // Sets what bash sets when Tab is pressed behind $2, and prints the words that it would offer.
    private const string Complete =
        """
        moq() { dotnet "$moq" "$@"; }
        moq=$1
        source <(moq completion bash)
        complete -p moq | grep -c -- '-F _moq' >/dev/null || exit 3
        COMP_LINE=$2 COMP_POINT=${#2}
        read -ra COMP_WORDS <<<"$2"
        [[ $2 != *' ' ]] || COMP_WORDS+=('')
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _moq moq
        echo "${COMPREPLY[*]}"
        """;

    [TestCase("moq sub", "subscribe")]
    [TestCase("moq publish --tra", "--track --transport")]
    [TestCase("moq publish --congestion ", "bbr cubic reno")]
    [TestCase("moq ls --transport ", "iroh quic")]
    [TestCase("moq subscribe --order a", "arrival")]
    [TestCase("moq completion b", "bash")]
    [TestCase("moq subscribe --output ", "")]
    [CancelAfter(60_000)]
    public async Task Bash_OffersTheWordsThatFit(string line, string words, CancellationToken token)
    {
        var run = await Shell.RunAsync(Complete, token, Path.Combine(AppContext.BaseDirectory, "moq.dll"), line);
        Assert.That(run, Is.EqualTo((0, words + "\n", "")));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task UnknownShell_IsAMistake_ThatNamesTheOthers(CancellationToken token)
    {
        using var moq = new ToolProcess("completion", "tcsh");
        var (code, script, errors) = await moq.EndAsync(token);
        Assert.That((code, script), Is.EqualTo((2, "")));
        Assert.That(errors, Does.Contain("SHELL takes bash, zsh or fish, not 'tcsh'"));
    }

    [TestCase("zsh", "compdef _moq moq")]
    [TestCase("fish", "complete -c moq")]
    [CancelAfter(60_000)]
    public async Task OtherShells_GetAScript_ThatTheyCanParse(string shell, string registration, CancellationToken token)
    {
        using var moq = new ToolProcess("completion", shell);
        var (code, script, errors) = await moq.EndAsync(token);
        Assert.That((code, errors), Is.EqualTo((0, "")));
        Assert.That(script, Does.Contain(registration));
        var parse = await Shell.RunAsync("command -v $1 >/dev/null || exit 99; $1 -n <(echo \"$2\")", token, shell, script);
        if (parse.Code == 99)
            Assert.Ignore($"{shell} is not installed here, so its script was not parsed.");
        Assert.That(parse, Is.EqualTo((0, "", "")));
    }
}
