using System.Text.RegularExpressions;

namespace IrohMoq.Examples.Tests;

/// <summary>The code that the pages show is the text of files that are compiled and run.</summary>
public sealed partial class PageTests
{
    private static readonly string[] Pages = ["README.md", "docs/architecture.md", "docs/quic-endpoint.md", "docs/recipes.md"];

    [TestCaseSource(nameof(Pages))]
    public void CodeOfAPage_IsCompiled(string page)
    {
        var sources = Sources(
                "examples", "test/IrohMoq.Examples.Tests/Recipes", "test/IrohMoq.Reactive.Quic.Tests", "src/IrohMoq.Reactive/Pipeline")
            .Select(WithoutIndentation).ToArray();
        var blocks = Blocks("csharp", page);
        Assert.That(blocks, Is.Not.Empty);
        foreach (var block in blocks.Select(WithoutIndentation))
            Assert.That(sources.Any(source => source.Contains(block, StringComparison.Ordinal)), Is.True, block);
    }

    [Test]
    public void ArchitecturePage_ShowsThePipeline()
    {
        var pipeline = WithoutIndentation(Repository.Read("src", "IrohMoq.Reactive", "Pipeline", "MoqPipeline.cs"));
        var shown = Blocks("csharp", "docs/architecture.md").Select(WithoutIndentation).Where(pipeline.Contains);
        Assert.That(string.Concat(shown), Does.Contain("Observable.Merge<MoqEvent>(").And.Contain("effects.OfType<ReplyEffect>()"));
    }

    [Test]
    public void Dockerfile_IsThatOfThePage_AndInstallsWhatTheScriptInstalls()
    {
        var dockerfile = Repository.Read("test", "IrohMoq.Examples.Tests", "Recipes", "Dockerfile");
        Assert.That(Blocks("dockerfile", "docs/recipes.md"), Is.EqualTo(new[] { dockerfile }));
        var packages = Packages().Match(Repository.Read("eng", "install-natives.sh")).Groups[1].Value.Split(' ');
        Assert.That(packages, Has.Length.EqualTo(2));
        Assert.That(packages.Where(package => !dockerfile.Contains($" {package} ", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void EveryRecipe_IsOnAPage()
    {
        var pages = string.Concat(Pages.SelectMany(static page => Blocks("csharp", page))).Replace(" ", "", StringComparison.Ordinal);
        var folder = Path.Combine(Repository.Root, "test", "IrohMoq.Examples.Tests", "Recipes");
        foreach (var file in Directory.EnumerateFiles(folder, "*.cs"))
        {
            var methods = Methods().Matches(File.ReadAllText(file)).Select(static method => method.Groups[1].Value);
            Assert.That(methods.Any(method => pages.Contains(method, StringComparison.Ordinal)) || IsOfTheReadme(file), Is.True, file);
        }
    }

    /// <summary>
    /// A word in code type that begins with a capital letter is a name of the library, of .NET or of Rx that the sources use.
    /// </summary>
    [TestCase("README.md")]
    [TestCase("CONTRIBUTING.md")]
    [TestCase("docs/architecture.md")]
    [TestCase("docs/endpoint.md")]
    [TestCase("docs/quic-endpoint.md")]
    [TestCase("docs/streams.md")]
    [TestCase("docs/recipes.md")]
    public void NamesOfAPage_Exist(string page)
    {
        var code = string.Concat(Sources("src", "test", "examples"));
        var text = CodeBlocks().Replace(Repository.Read(page), "");
        var names = InlineCode().Matches(text).SelectMany(static inline => Names().Matches(inline.Value)).Select(static name => name.Value);
        var unknown = names.Distinct().Where(name => !code.Contains(name, StringComparison.Ordinal));
        // PublicAPI.Unshipped.txt is a file, and PublishAot a property of projects.
        Assert.That(unknown.Except(["PublicAPI", "Unshipped", "PublishAot"]), Is.Empty);
    }

    // The queries and the reading of the README are the bodies of methods.
    private static bool IsOfTheReadme(string file) => Path.GetFileName(file) is "Compose.cs" or "SlowReader.cs";

    private static string[] Blocks(string language, string page) =>
    [
        .. CodeBlocks().Matches(Repository.Read(page))
            .Where(block => block.Groups[1].Value == language)
            .Select(static block => block.Groups[2].Value),
    ];

    private static IEnumerable<string> Sources(params string[] folders) =>
        folders
            .Select(static folder => Path.Combine(Repository.Root, folder))
            .SelectMany(static folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Where(static file => !file.Split(Path.DirectorySeparatorChar).Contains("obj"))
            .Select(File.ReadAllText);

    private static string WithoutIndentation(string code) => Indentation().Replace(code, "");

    [GeneratedRegex("```(\\w+)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlocks();

    [GeneratedRegex("`[^`\n]+`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"\b[A-Z][a-z]\w+")]
    private static partial Regex Names();

    [GeneratedRegex("^ +", RegexOptions.Multiline)]
    private static partial Regex Indentation();

    [GeneratedRegex("^packages=\"([^\"]+)\"", RegexOptions.Multiline)]
    private static partial Regex Packages();

    [GeneratedRegex(@"^    public .*? (\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Methods();
}
