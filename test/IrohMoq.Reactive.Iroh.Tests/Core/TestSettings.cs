using IrohMoq.Reactive.Buffers;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Native;
using IrohMoq.Reactive.Iroh.Tls;

namespace IrohMoq.Reactive.Iroh.Tests;

/// <summary>Settings with a key, a budget and a pool of their own.</summary>
internal static class TestSettings
{
    public static CoreSettings Create(long budget = 1L << 30)
    {
        NativeLibraries.EnsureLoaded();
        var key = SecretKey.Generate();
        return new CoreSettings
        {
            Credentials = new RawKeyCredentials(key),
            ResetSecret = new ResetSecret(key),
            Budget = new ByteBudget(budget),
            Pool = new BlockPool(),
        };
    }
}
