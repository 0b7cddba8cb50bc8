namespace IrohMoq.Interop.Tests;

/// <summary>Where Node and the peer's packages are, if they are.</summary>
internal static class NodeInstallation
{
    /// <summary>
    /// The node program and the folder of peer.mjs. Skips the test if one is missing, or fails it where CI must have both.
    /// </summary>
    public static (string Node, string Folder) Require()
    {
        var folder = FindFolder();
        var node = FindNode();
        if (node is null)
            return Missing(
                "Node 20 or newer is not installed (no 'node' on the PATH). "
                + "Install it, then run ./test.sh, which installs the peer's packages.");
        if (!File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")))
            return Missing("The Node peer's packages are not installed. Run ./test.sh, or 'npm ci' in test/interop.");

        return (node, folder);
    }

    private static (string Node, string Folder) Missing(string reason)
    {
        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase)) Assert.Fail(reason);
        Assert.Ignore(reason);
        throw new InvalidOperationException(reason);
    }

    private static string FindFolder()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "test", "interop");
            if (File.Exists(Path.Combine(folder, "peer.mjs"))) return folder;
        }

        throw new AssertionException(
            $"test/interop/peer.mjs was not found above {AppContext.BaseDirectory}: run the tests from a checkout.");
    }

    private static string? FindNode()
    {
        var names = OperatingSystem.IsWindows() ? new[] { "node.exe" } : ["node"];
        return (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
    }
}
