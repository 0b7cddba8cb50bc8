using System.Diagnostics;
using System.Runtime.InteropServices;

namespace IrohMoq.Load;

/// <summary>Represents the resources that this process uses.</summary>
/// <param name="Resident">The number of bytes of the process in physical memory.</param>
/// <param name="ManagedHeap">The number of bytes of live objects on the managed heap.</param>
/// <param name="NativeHeap">The number of bytes that native code has allocated and not freed.</param>
/// <param name="Handles">The number of open file descriptors.</param>
/// <param name="Threads">The number of threads.</param>
internal sealed partial record ProcessUsage(long Resident, long ManagedHeap, long NativeHeap, int Handles, int Threads)
{
    /// <summary>
    /// Measures the process. The garbage collector runs first, with finalizers, so that only live objects count. The native heap is that of
    /// malloc, which ngtcp2 and GnuTLS use; unlike physical memory, it does not depend on fragmentation or on earlier use.
    /// </summary>
    public static ProcessUsage Measure()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var managed = GC.GetTotalMemory(forceFullCollection: true);
        using var process = Process.GetCurrentProcess();
        var native = GetMallocInfo();
        return new ProcessUsage(
            Environment.WorkingSet, managed, (long)(native.InUse + native.MappedInUse), CountHandles(), process.Threads.Count);
    }

    private static int CountHandles() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    private static partial MallocInfo GetMallocInfo();

    /// <summary>The structure <c>mallinfo2</c> of the C library.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct MallocInfo
    {
        private readonly nuint _arena;
        private readonly nuint _freeBlocks;
        private readonly nuint _smallBlocks;
        private readonly nuint _mappedBlocks;
        public readonly nuint MappedInUse;
        private readonly nuint _usedMax;
        private readonly nuint _smallFree;
        public readonly nuint InUse;
        private readonly nuint _free;
        private readonly nuint _trimmable;
    }
}
