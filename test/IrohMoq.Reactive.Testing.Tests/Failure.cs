namespace IrohMoq.Reactive.Testing.Tests;

/// <summary>NUnit's own assertion of an asynchronous failure blocks the thread, and with it virtual time.</summary>
internal static class Failure
{
    /// <summary>Returns the exception of a call, which must be of this type.</summary>
    public static async Task<T> OfAsync<T>(Func<ValueTask> call)
        where T : Exception
    {
        try
        {
            await call();
        }
        catch (T failure)
        {
            return failure;
        }

        throw new AssertionException($"A {typeof(T).Name} was expected, and the call ended well.");
    }
}
