using System.Text.RegularExpressions;

namespace IrohMoq.Tool.Tests;

/// <summary>The scripts of the repository, and the package that <c>dotnet pack</c> makes.</summary>
public partial class ScriptTests
{
    /// <summary>
    /// A reader that ends early ends the writer with SIGPIPE, which pipefail reports as a failure of the pipe, depending on the timing.
    /// </summary>
    [Test]
    public void NoScript_PipesIntoAProgramThatEndsEarly()
    {
        var scripts = Directory.EnumerateFiles(Repository.Root, "*.sh")
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "eng"), "*.sh"))
            .Append(Path.Combine(Repository.Root, "moq"))
            .Append(Path.Combine(Repository.Root, ".ci", "run"))
            .ToArray();
        Assert.That(scripts, Has.Length.GreaterThan(8));
        foreach (var script in scripts)
            Assert.That(EarlyReaders().Matches(File.ReadAllText(script)).Select(static match => match.Value), Is.Empty, script);
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task InstallNatives_DoesNothingIfTheyAreInstalled_EachTime(CancellationToken token)
    {
        var run = await Shell.RunAsync("for i in {1..100}; do eng/install-natives.sh || echo $i; done", token);
        Assert.That(run, Is.EqualTo((0, "", "")));
    }

    /// <summary>The cache of the loader is hidden, so that the libraries seem to be missing; apt is not reached.</summary>
    [Test]
    [CancelAfter(30_000)]
    public async Task InstallNatives_WithoutRoot_SaysWhatToDo(CancellationToken token)
    {
        const string Hidden =
            "mount --bind /dev/null /etc/ld.so.cache && mount --bind /bin/false \"$(command -v sudo || echo /bin/false)\"";
        var run = await Shell.RunAsync(
            $"unshare -m bash -c '{Hidden} && exec setpriv --reuid 65534 --regid 65534 --clear-groups bash -s' <eng/install-natives.sh",
            token);
        if (run.Errors.StartsWith("unshare:", StringComparison.Ordinal))
            Assert.Ignore($"namespaces are not allowed here: {run.Errors.TrimEnd()}");
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Errors, Does.StartWith("install-natives: libngtcp2-16 libngtcp2-crypto-gnutls8 are missing, and "));
        Assert.That(run.Errors, Does.EndWith("run this script as root\n"));
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task Package_IsADotnetTool(CancellationToken token)
    {
        var folder = Directory.CreateTempSubdirectory("moq-pack-").FullName;
        try
        {
            var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
            var run = await Shell.RunAsync(
                """
                dotnet pack src/IrohMoq.Tool --no-build -c "$2" -o "$1/packages" -v quiet --nologo >"$1/log" &&
                  dotnet tool install IrohMoq.Tool --tool-path "$1/tools" --add-source "$1/packages" >>"$1/log" || { cat "$1/log"; exit 1; }
                "$1/tools/moq" id
                """,
                token, folder, configuration);
            Assert.That(run.Code, Is.Zero, run.Output + run.Errors);
            Assert.That(run.Output.Trim(), Has.Length.EqualTo(64));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex(@"\| *(grep -\w*[qm]\b|head\b|sed -\w*n? *['""]?\d*q)[^\n]*|-print -quit")]
    private static partial Regex EarlyReaders();
}
